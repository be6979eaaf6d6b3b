import { describe, expect, test } from "bun:test";
import { type Balancer, createBalancer } from "../../../src/upstream/balance/balancer.ts";
import { contextOf, countPicks, expectShares, repeated, seededRandom, type TestTarget, targetsOf } from "./support.ts";

/** Keeps `concurrency` requests under way, ends one of them at random for each new one, and counts the picks. */
function closedLoop(balancer: Balancer<TestTarget>, concurrency: number, times: number, random: () => number) {
  const underWay: TestTarget[] = [];
  const counts = new Map<TestTarget, number>();
  for (let i = 0; i < times; i++) {
    if (underWay.length === concurrency) {
      const [ended] = underWay.splice(Math.floor(random() * concurrency), 1);
      if (ended !== undefined) ended.inFlight--;
    }
    const target = balancer.pick(contextOf(), []) as TestTarget;
    target.inFlight++;
    underWay.push(target);
    counts.set(target, (counts.get(target) ?? 0) + 1);
  }
  return counts;
}

describe("least-request", () => {
  test("of two targets always the one with less to do", () => {
    const targets = targetsOf(1, 1);
    const [a, b] = targets as [TestTarget, TestTarget];
    const balancer = createBalancer("least-request", targets, { random: seededRandom(1) });
    a.inFlight = 3;
    b.inFlight = 2;
    expect([...countPicks(balancer, repeated(100)).keys()]).toEqual([b]);
    a.inFlight = 1;
    expect([...countPicks(balancer, repeated(100)).keys()]).toEqual([a]);
  });

  test("of many, the busiest is never picked and the idlest in two of n pairs", () => {
    const targets = targetsOf(1, 1, 1, 1, 1);
    for (const [i, target] of targets.entries()) target.inFlight = i;
    const counts = countPicks(createBalancer("least-request", targets, { random: seededRandom(2) }), repeated(20_000));
    // Pairs of 5: 10; the target of rank i is the better one of 4 − i of them.
    expectShares(counts, targets, [0.4, 0.3, 0.2, 0.1, 0]);
  });

  test("idle targets of equal weight get equal shares", () => {
    const targets = targetsOf(1, 1, 1, 1);
    const counts = countPicks(createBalancer("least-request", targets, { random: seededRandom(3) }), repeated(20_000));
    expectShares(counts, targets, [0.25, 0.25, 0.25, 0.25]);
  });

  test("idle targets get their weights' shares", () => {
    const targets = targetsOf(6, 3, 1);
    const counts = countPicks(createBalancer("least-request", targets, { random: seededRandom(4) }), repeated(20_000));
    expectShares(counts, targets, [0.6, 0.3, 0.1]);
  });

  test("compares what each has to do for its weight", () => {
    const targets = targetsOf(4, 1);
    const [heavy, light] = targets as [TestTarget, TestTarget];
    const balancer = createBalancer("least-request", targets, { random: seededRandom(5) });
    heavy.inFlight = 3;
    light.inFlight = 1;
    expect([...countPicks(balancer, repeated(100)).keys()]).toEqual([heavy]);
    heavy.inFlight = 8;
    expect([...countPicks(balancer, repeated(100)).keys()]).toEqual([light]);
  });

  test.each([1, 4, 40, 400])("follows the weights with %d requests under way", (concurrency) => {
    const weights = [6, 3, 1];
    const targets = targetsOf(...weights);
    const random = seededRandom(concurrency);
    const counts = closedLoop(createBalancer("least-request", targets, { random }), concurrency, 20_000, random);
    for (const [i, target] of targets.entries()) {
      const share = (counts.get(target) ?? 0) / 20_000;
      expect(Math.abs(share - (weights[i] as number) / 10)).toBeLessThan(0.05);
    }
  });

  test("a slow target gets less than its turn", () => {
    const targets = targetsOf(1, 1, 1, 1);
    const [slow] = targets as [TestTarget];
    const balancer = createBalancer("least-request", targets, { random: seededRandom(6) });
    let picks = 0;
    for (let i = 0; i < 1000; i++) {
      const target = balancer.pick(contextOf(), []) as TestTarget;
      // Only the slow one never gets done.
      if (target === slow) slow.inFlight++;
      if (target === slow) picks++;
    }
    expect(picks).toBe(1);
  });
});
