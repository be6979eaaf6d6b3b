import { describe, expect, test } from "bun:test";
import { type Balancer, createBalancer } from "../../../src/upstream/balance/balancer.ts";
import { contextOf, countPicks, repeated, seededRandom, type TestTarget, targetsOf } from "./support.ts";

function names(balancer: Balancer<TestTarget>, times: number): string {
  return Array.from({ length: times }, () => balancer.pick(contextOf(), [])?.url[7]).join("");
}

describe("round-robin", () => {
  test("takes each target in its turn", () => {
    const balancer = createBalancer("round-robin", targetsOf(2, 2, 2), { random: () => 0 });
    expect(names(balancer, 7)).toBe("abcabca");
  });

  test("begins where the draw says", () => {
    expect(names(createBalancer("round-robin", targetsOf(1, 1, 1), { random: () => 0.99 }), 4)).toBe("cabc");
  });

  test("deals the turns of a target that is down evenly to the others", () => {
    const targets = targetsOf(1, 1, 1, 1);
    const isUsable = (target: TestTarget) => target !== targets[1];
    const counts = countPicks(createBalancer("round-robin", targets, { random: () => 0, isUsable }), repeated(1200));
    expect(targets.map((target) => counts.get(target))).toEqual([400, undefined, 400, 400]);
  });

  test("weights are kept exactly in every round, and spread within it", () => {
    const targets = targetsOf(5, 1, 1);
    const balancer = createBalancer("round-robin", targets, { random: () => 0 });
    const round = names(balancer, 7);
    expect(round).toBe("aabacaa");
    expect(names(balancer, 7)).toBe(round);
  });

  test("weights are kept for any start", () => {
    const weights = [100, 7, 31, 1];
    const targets = targetsOf(...weights);
    const balancer = createBalancer("round-robin", targets, { random: seededRandom(3) });
    const counts = countPicks(balancer, repeated(139 * 10));
    expect(targets.map((target) => counts.get(target))).toEqual([1000, 70, 310, 10]);
  });

  test("a weighted start is drawn as well", () => {
    const first = names(createBalancer("round-robin", targetsOf(5, 1, 1), { random: () => 0 }), 7);
    const other = names(createBalancer("round-robin", targetsOf(5, 1, 1), { random: () => 0.99 }), 7);
    expect(other).not.toBe(first);
  });

  test("the weights of those that are left count while one is down", () => {
    const targets = targetsOf(5, 3, 1);
    const isUsable = (target: TestTarget) => target !== targets[0];
    const counts = countPicks(createBalancer("round-robin", targets, { random: () => 0, isUsable }), repeated(400));
    expect(targets.map((target) => counts.get(target))).toEqual([undefined, 300, 100]);
  });
});
