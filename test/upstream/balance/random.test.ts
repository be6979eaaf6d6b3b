import { expect, test } from "bun:test";
import { createBalancer } from "../../../src/upstream/balance/balancer.ts";
import { contextOf, countPicks, expectShares, repeated, seededRandom, targetsOf } from "./support.ts";

test("equal weights get equal shares", () => {
  const targets = targetsOf(1, 1, 1, 1, 1);
  const counts = countPicks(createBalancer("random", targets, { random: seededRandom(1) }), repeated(20_000));
  expectShares(counts, targets, [0.2, 0.2, 0.2, 0.2, 0.2]);
});

test("each gets its weight's share", () => {
  const targets = targetsOf(1, 4, 2, 10, 3);
  const counts = countPicks(createBalancer("random", targets, { random: seededRandom(2) }), repeated(20_000));
  expectShares(counts, targets, [0.05, 0.2, 0.1, 0.5, 0.15]);
});

test("the ends of the draw belong to the first and the last target", () => {
  const targets = targetsOf(1, 2, 1);
  const pick = (value: number) => createBalancer("random", targets, { random: () => value }).pick(contextOf(), []);
  expect(pick(0)).toBe(targets[0]);
  expect(pick(0.2499)).toBe(targets[0]);
  expect(pick(0.25)).toBe(targets[1]);
  expect(pick(0.7499)).toBe(targets[1]);
  expect(pick(0.75)).toBe(targets[2]);
  expect(pick(1 - 2 ** -53)).toBe(targets[2]);
});

test("what is left keeps its proportions when one was tried", () => {
  const targets = targetsOf(1, 6, 3);
  const balancer = createBalancer("random", targets, { random: seededRandom(4) });
  expectShares(countPicks(balancer, repeated(20_000), targets.slice(1, 2)), targets, [0.25, 0, 0.75]);
});
