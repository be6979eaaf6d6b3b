import { expect, test } from "bun:test";
import { Passes } from "../../../plugins/cache/passes.ts";
import { cpuMs } from "../../support/cpu-time.ts";

test("a key is remembered for its time, and again from the latest on", () => {
  const passes = new Passes(10_000);
  expect(passes.has("a", 0)).toBe(false);
  passes.add("a", 0);
  expect([passes.has("a", 9_999), passes.has("a", 10_000), passes.has("b", 0)]).toEqual([true, false, false]);
  passes.add("a", 5_000);
  expect(passes.has("a", 14_999)).toBe(true);
});

test("a flood of keys leaves the latest, not their texts, and takes no longer the more there were", async () => {
  const passes = new Passes(10_000);
  const key = (i: number) => `${"x".repeat(200)}${i}`;
  const flood = () => {
    for (let i = 0; i < 300_000; i++) passes.add(key(i), 0);
  };
  expect(await cpuMs(flood)).toBeLessThan(5_000);
  expect(passes.size).toBeLessThanOrEqual(10_000);
  const known = Array.from({ length: 5_000 }, (_, i) => passes.has(key(299_999 - i), 1)).filter(Boolean);
  expect(known).toHaveLength(5_000);
});

test("a clock that is set back makes nothing be remembered for longer", () => {
  const passes = new Passes(10);
  passes.add("a", 1_000);
  expect([passes.has("a", 1_000), passes.has("a", 999), passes.has("a", 500)]).toEqual([true, false, false]);
});
