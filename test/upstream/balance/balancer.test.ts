import { describe, expect, test } from "bun:test";
import { createBalancer } from "../../../src/upstream/balance/balancer.ts";
import { contextOf, countPicks, expectShares, repeated, seededRandom, type TestTarget, targetsOf } from "./support.ts";

const STRATEGIES = ["round-robin", "random", "least-request", "consistent-hash"] as const;

describe.each(STRATEGIES)("%s", (strategy) => {
  const options = () => ({ random: seededRandom(7), hashOn: { header: "x-key" } });
  /** Every request with another key, so that consistent-hash too has something to spread. */
  const requests = (times: number) =>
    Array.from({ length: times }, (_, i) => contextOf({ headers: { "x-key": `${i}` } }));

  test("without a target picks none", () => {
    expect(createBalancer<TestTarget>(strategy, [], options()).pick(contextOf(), [])).toBeUndefined();
  });

  test("a single target is picked without looking, also when it was tried", () => {
    const [only] = targetsOf(1);
    const isUsable = () => {
      throw new Error("nothing to choose");
    };
    const balancer = createBalancer(strategy, [only as TestTarget], { ...options(), isUsable });
    expect(balancer.pick(contextOf(), [only as TestTarget])).toBe(only as TestTarget);
  });

  test("weight 0 is never picked", () => {
    const targets = targetsOf(0, 1, 0, 1);
    const counts = countPicks(createBalancer(strategy, targets, options()), requests(500));
    expect(counts.get(targets[0])).toBeUndefined();
    expect(counts.get(targets[2])).toBeUndefined();
    expect(createBalancer(strategy, targetsOf(0, 0), options()).pick(contextOf(), [])).toBeUndefined();
  });

  test.each([[[1, 1, 1]], [[3, 1, 2]]])("tried targets are avoided while another is left, weights %p", (weights) => {
    const targets = targetsOf(...weights);
    const [a, b, c] = targets as [TestTarget, TestTarget, TestTarget];
    const balancer = createBalancer(strategy, targets, options());
    expect([...countPicks(balancer, requests(100), [a, c]).keys()]).toEqual([b]);
    expect(countPicks(balancer, requests(100), [b]).has(b)).toBe(false);
    expect(countPicks(balancer, requests(100), [a, b, c]).has(undefined)).toBe(false);
  });

  test.each([[[1, 1, 1, 1]], [[4, 1, 2, 3]]])("targets that are not usable are left out, weights %p", (weights) => {
    const targets = targetsOf(...weights);
    const [a, b, c, d] = targets as [TestTarget, TestTarget, TestTarget, TestTarget];
    const down = new Set([a, c]);
    const balancer = createBalancer(strategy, targets, { ...options(), isUsable: (target) => !down.has(target) });
    const left = b.weight + d.weight;
    const counts = countPicks(balancer, requests(4000));
    expectShares(counts, targets, [0, b.weight / left, 0, d.weight / left]);
    // A usable target is tried again before one that is down.
    expect(countPicks(balancer, requests(100), [b, d]).has(a)).toBe(false);
    expect([...countPicks(balancer, requests(100), [b]).keys()]).toEqual([d]);
  });

  test.each([[[1, 1, 1]], [[3, 1, 2]]])("when none is usable all are used, weights %p", (weights) => {
    const targets = targetsOf(...weights);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const balancer = createBalancer(strategy, targets, { ...options(), isUsable: () => false });
    expectShares(
      countPicks(balancer, requests(4000)),
      targets,
      weights.map((weight) => weight / total),
    );
    expect(countPicks(balancer, requests(100), targets.slice(0, 1)).has(targets[0])).toBe(false);
  });

  test("a target that comes back is used again", () => {
    const targets = targetsOf(1, 1, 1);
    let isDown = true;
    const isUsable = (target: TestTarget) => !isDown || target !== targets[0];
    const balancer = createBalancer(strategy, targets, { ...options(), isUsable });
    expect(countPicks(balancer, requests(300)).get(targets[0])).toBeUndefined();
    isDown = false;
    expectShares(countPicks(balancer, requests(3000)), targets, [1 / 3, 1 / 3, 1 / 3]);
  });
});

test("without options a balancer draws by itself", () => {
  const targets = targetsOf(1, 1);
  expect(countPicks(createBalancer("random", targets), repeated(200)).size).toBe(2);
});
