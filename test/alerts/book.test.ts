import { describe, expect, test } from "bun:test";
import type { Alert } from "../../src/alerts/alert.ts";
import { AlertBook, MOST_ALERTS } from "../../src/alerts/book.ts";
import type { RuleConfig } from "../../src/config/schema-alerts.ts";
import { finding, ruleOf, START } from "./setup.ts";

function start(config: Partial<RuleConfig> = {}) {
  const events: string[] = [];
  let full = 0;
  const book = new AlertBook({
    onFire: ({ subject, severity }: Alert) => events.push(`fire ${subject.route ?? ""} ${severity}`),
    onResolve: ({ subject }: Alert) => events.push(`over ${subject.route ?? ""}`),
    onFull: () => void full++,
  });
  const rule = ruleOf({ kind: "errors", ...config });
  return { book, rule, events, full: () => full };
}

describe("an alert", () => {
  test("fires after it has lasted, and is over after it was gone for long enough", () => {
    const { book, rule, events } = start({ for: 10_000, hold: 5_000 });
    const at = (seconds: number, isThere: boolean) =>
      book.update(rule, isThere ? [finding({ route: "a" })] : [], START + seconds * 1_000);
    at(0, true);
    expect(book.alerts).toMatchObject([{ state: "pending", since: START }]);
    at(9, true);
    expect(events).toEqual([]);
    at(10, true);
    expect(events).toEqual(["fire a warning"]);
    at(14, false);
    expect(book.alerts).toMatchObject([{ state: "firing" }]);
    at(15, false);
    expect(events).toEqual(["fire a warning", "over a"]);
    expect(book.alerts).toEqual([]);
  });

  test("that was only pending is forgotten without a word", () => {
    const { book, rule, events } = start({ for: 10_000 });
    book.update(rule, [finding()], START);
    book.update(rule, [], START + 1_000);
    book.update(rule, [finding()], START + 9_000);
    book.update(rule, [finding()], START + 11_000);
    expect(events).toEqual([]);
    expect(book.alerts).toMatchObject([{ state: "pending", since: START + 9_000 }]);
  });

  test("goes on through a gap that is shorter than its hold", () => {
    const { book, rule, events } = start({ hold: 5_000 });
    for (let second = 0; second < 60; second++) {
      book.update(rule, second % 5 === 0 ? [finding()] : [], START + second * 1_000);
    }
    expect(events).toEqual(["fire  warning"]);
  });

  test("gets more severe, but no less while it fires", () => {
    const { book, rule } = start();
    book.update(rule, [finding({}, "warning")], START);
    book.update(rule, [finding({}, "critical")], START + 1_000);
    book.update(rule, [finding({}, "warning")], START + 2_000);
    expect(book.alerts).toMatchObject([{ severity: "critical" }]);
  });

  test("has one id for its rule and subject, and no other has it", () => {
    const ids = new Set<string>();
    for (const config of [{ name: "a" }, { name: "b" }]) {
      const { book, rule } = start(config);
      const subjects = [{}, { route: "x" }, { service: "x" }, { part: "x" }, { route: "x", signal: "rate" }];
      book.update(
        rule,
        subjects.map((subject) => finding(subject)),
        START,
      );
      for (const { id } of book.alerts) ids.add(id);
    }
    expect(ids.size).toBe(10);
    const again = start({ name: "a" });
    again.book.update(again.rule, [finding({ route: "x" })], START + 5);
    expect(ids.has(again.book.alerts[0]?.id ?? "")).toBe(true);
  });
});

test("the alerts of a rule that is gone are over", () => {
  const { book, rule, events } = start();
  book.update(rule, [finding({ route: "a" })], START);
  book.drop("mine", START + 1_000);
  expect(events).toEqual(["fire a warning", "over a"]);
  expect(book.alerts).toEqual([]);
});

test("there is a bound on alerts, which is told once", () => {
  const { book, rule, full } = start();
  const all = Array.from({ length: MOST_ALERTS + 50 }, (_, i) => finding({ route: `r${i}` }));
  book.update(rule, all, START);
  book.update(rule, all, START + 1_000);
  expect(book.alerts).toHaveLength(MOST_ALERTS);
  expect(full()).toBe(1);
  book.update(rule, [], START + 120_000);
  expect(book.alerts).toEqual([]);
  book.update(rule, all, START + 121_000);
  expect(book.alerts).toHaveLength(MOST_ALERTS);
  expect(full()).toBe(2);
});
