import { describe, expect, test } from "bun:test";
import { type Balancer, createBalancer } from "../../../src/upstream/balance/balancer.ts";
import { contextOf, countPicks, expectShares, repeated, seededRandom, type TestTarget, targetsOf } from "./support.ts";

const KEYS = 20_000;
const contexts = Array.from({ length: KEYS }, (_, i) => contextOf({ clientAddress: `10.0.${i >> 8}.${i & 255}` }));

function hashing(targets: readonly TestTarget[]): Balancer<TestTarget> {
  return createBalancer("consistent-hash", targets, { hashOn: "ip", random: seededRandom(1) });
}

/** The target of every key, by URL. */
function assignments(targets: readonly TestTarget[], tried: readonly TestTarget[] = []): string[] {
  const balancer = hashing(targets);
  return contexts.map((ctx) => balancer.pick(ctx, tried)?.url ?? "");
}

function expectAbout(count: number, share: number): void {
  expect(Math.abs(count - KEYS * share)).toBeLessThan(4.5 * Math.sqrt(KEYS * share * (1 - share)));
}

describe("consistent-hash", () => {
  test("the same key always gets the same target", () => {
    const balancer = hashing(targetsOf(1, 1, 1, 1, 1));
    expect(countPicks(balancer, repeated(100, contexts[17])).size).toBe(1);
  });

  test("keys that differ in one digit spread by the weights, as independent draws would", () => {
    const equal = targetsOf(1, 1, 1, 1, 1, 1, 1);
    expectShares(countPicks(hashing(equal), contexts), equal, Array(7).fill(1 / 7));
    const unequal = targetsOf(1, 2, 3, 4);
    expectShares(countPicks(hashing(unequal), contexts), unequal, [0.1, 0.2, 0.3, 0.4]);
  });

  test("gateways agree whatever the order of the targets", () => {
    const targets = targetsOf(1, 3, 2, 1);
    expect(assignments(targets.toReversed())).toEqual(assignments(targets));
  });

  test("the assignment is the same in every version: these are fixed", () => {
    const urls = assignments(targetsOf(1, 1, 1, 1)).slice(0, 12);
    expect(urls.map((url) => url[7]).join("")).toBe("aadcddaaaacb");
    const weighted = assignments(targetsOf(1, 2, 3, 4)).slice(0, 12);
    expect(weighted.map((url) => url[7]).join("")).toBe("dadcddaaddcb");
  });

  test.each([3, 10, 30])("adding one to %d moves its own share of the keys, and only to it", (count) => {
    const targets = targetsOf(...Array<number>(count + 1).fill(1));
    const added = targets.at(-1)?.url;
    const before = assignments(targets.slice(0, count));
    const after = assignments(targets);
    const moved = after.filter((url, i) => url !== before[i]);
    expect(moved.every((url) => url === added)).toBe(true);
    expect(moved.length / KEYS).toBeLessThan(1.3 / (count + 1));
    expectAbout(moved.length, 1 / (count + 1));
  });

  test("removing one moves only its own keys, evenly to all others", () => {
    const targets = targetsOf(1, 1, 1, 1, 1);
    const before = assignments(targets);
    const after = assignments(targets.slice(1));
    const moved = contexts.filter((_, i) => before[i] !== after[i]);
    expect(moved).toHaveLength(before.filter((url) => url === targets[0]?.url).length);
    const counts = countPicks(hashing(targets.slice(1)), moved);
    expectShares(counts, targets.slice(1), [0.25, 0.25, 0.25, 0.25]);
  });

  test("raising a weight moves keys to that target alone", () => {
    const before = assignments(targetsOf(1, 2, 3, 4));
    const after = assignments(targetsOf(1, 2, 5, 4));
    const moved = after.filter((url, i) => url !== before[i]);
    expect(new Set(moved)).toEqual(new Set(["http://c:80"]));
    expectAbout(moved.length, 5 / 12 - 3 / 10);
  });

  test("a key whose target was tried goes to where it would go without that target", () => {
    const targets = targetsOf(1, 2, 1, 1);
    const [, heavy] = targets as [TestTarget, TestTarget];
    const without = targets.filter((target) => target !== heavy);
    expect(assignments(targets, [heavy])).toEqual(assignments(without));
  });

  test.each([
    ["no value", undefined],
    ["an empty value", { "x-key": "" }],
  ])("%s: any target, by weight", (_, headers) => {
    const targets = targetsOf(1, 3);
    const balancer = createBalancer("consistent-hash", targets, {
      hashOn: { header: "x-key" },
      random: seededRandom(2),
    });
    const ctx = contextOf(headers === undefined ? {} : { headers });
    expectShares(countPicks(balancer, repeated(4000, ctx)), targets, [0.25, 0.75]);
  });
});
