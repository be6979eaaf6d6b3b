import { expect, test } from "bun:test";
import { createBalancer } from "../../../src/upstream/balance/balancer.ts";
import { contextOf, countPicks, expectShares, seededRandom, type TestTarget, targetsOf } from "./support.ts";

const STRATEGIES = ["round-robin", "random", "least-request", "consistent-hash"] as const;

const requests = (times: number) =>
  Array.from({ length: times }, (_, i) => contextOf({ headers: { "x-key": `${i}` } }));

test.each(STRATEGIES)("%s: a target that starts slowly gets its part, the others the rest", (strategy) => {
  const targets = targetsOf(1, 1, 1);
  const [slow] = targets as [TestTarget];
  const options = { random: seededRandom(7), hashOn: { header: "x-key" } };
  const balancer = createBalancer(strategy, targets, {
    ...options,
    shareOf: (target) => (target === slow ? 0.3 : 1),
  });
  // In a rotation the turn that is passed on is the next target's own: so it comes round sooner.
  const part = strategy === "round-robin" ? 0.3 / 2.3 : 0.1;
  expectShares(countPicks(balancer, requests(6_000)), targets, [part, (1 - part) / 2, (1 - part) / 2]);
});

test.each(STRATEGIES)("%s: where it is the only one that can be used it gets all", (strategy) => {
  const targets = targetsOf(1, 1);
  const [slow] = targets as [TestTarget];
  const options = { random: seededRandom(7), hashOn: { header: "x-key" }, isUsable: (one: TestTarget) => one === slow };
  const balancer = createBalancer(strategy, targets, { ...options, shareOf: () => 0.01 });
  expect([...countPicks(balancer, requests(200)).keys()]).toEqual([slow]);
});
