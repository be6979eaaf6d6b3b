import { expect, test } from "bun:test";
import { Silences } from "../../src/alerts/silences.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { firing, START } from "./setup.ts";

const HOUR = 3_600_000;
const alert = firing({ route: "cart" });

test("a silence fits by all that it names, and one that names nothing fits all", () => {
  const fits = (names: { rule?: string; route?: string; service?: string }) => {
    const silences = new Silences({ log: createTestLasting().log, now: () => START });
    silences.add({ forMs: HOUR, reason: "x", ...names }, START);
    return silences.match(alert, ["shop"], START) !== undefined;
  };
  expect(fits({})).toBe(true);
  expect(fits({ rule: "mine", route: "cart", service: "shop" })).toBe(true);
  expect(fits({ rule: "other" })).toBe(false);
  expect(fits({ rule: "mine", route: "shop" })).toBe(false);
  expect(fits({ service: "users" })).toBe(false);
});

test("a silence ends by itself, or when it is ended", () => {
  const silences = new Silences({ log: createTestLasting().log, now: () => START });
  const first = silences.add({ forMs: HOUR, reason: "x" }, START);
  expect(silences.match(alert, [], START + HOUR - 1)).toBe(first?.id ?? "");
  expect(silences.match(alert, [], START + HOUR)).toBeUndefined();
  expect(silences.views(START + HOUR)).toEqual([]);
  const second = silences.add({ forMs: HOUR, reason: "x" }, START);
  expect(silences.end(second?.id ?? "")).toBe(true);
  expect(silences.end(second?.id ?? "")).toBe(false);
  expect(silences.match(alert, [], START)).toBeUndefined();
});

test("there are a hundred at most; those that are over make room", () => {
  const silences = new Silences({ log: createTestLasting().log, now: () => START });
  for (let i = 0; i < 100; i++) expect(silences.add({ forMs: HOUR, reason: "x" }, START)).toBeDefined();
  expect(silences.add({ forMs: HOUR, reason: "x" }, START)).toBeUndefined();
  expect(silences.add({ forMs: HOUR, reason: "x" }, START + HOUR)).toBeDefined();
});
