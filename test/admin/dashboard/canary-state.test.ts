import { expect, test } from "bun:test";
import { canaryActions, canaryState } from "../../../src/admin/dashboard/page/model/canary-state.ts";
import { diagnose } from "../../../src/admin/dashboard/page/model/diagnosis.ts";
import { canary, facts, iso, NOW } from "./facts.ts";

test.each([
  ["running", "good", ["pause", "promote", "abort"]],
  ["paused", "note", ["resume", "promote", "abort"]],
  ["done", "good", ["promote", "abort"]],
  ["promoted", "note", ["resume", "abort"]],
  ["stopped", "warning", ["resume"]],
] as const)("a canary that is %s is %s, and can be told to %p", (state, level, actions) => {
  const one = canary({ state });
  expect(canaryState(one, NOW)).toMatchObject({ word: state, level });
  expect(canaryActions(one)).toEqual([...actions]);
});

test("one that runs says when the next step begins, one that was stopped why", () => {
  expect(canaryState(canary({ nextAt: iso(-300) }), NOW).why).toBe("next step in 5 min");
  expect(canaryState(canary({ state: "stopped", reason: "8.1 % of its requests failed" }), NOW).why).toBe(
    "8.1 % of its requests failed",
  );
});

test.each([
  ["paused", "users: the canary users-next was paused by hand, at 25 %"],
  ["promoted", "users: the canary users-next was promoted by hand, at 25 %"],
] as const)("a canary that was %s by hand is a note", (state, text) => {
  const { level, findings } = diagnose(facts({ canaries: [canary({ state })] }));
  expect([level, findings]).toMatchObject(["good", [{ level: "note", text, view: "topology" }]]);
});
