import { expect, test } from "bun:test";
import { Traces } from "../../../plugins/cache/traces.ts";
import { cpuMs } from "../../support/cpu-time.ts";

test("the latest are known, once each, and of the others at most as many again", () => {
  const traces = new Traces();
  for (let i = 0; i < 10_000; i++) traces.add(i, 100);
  const known = Array.from({ length: 10_000 }, (_, i) => i).filter((i) => traces.delete(i));
  expect(known.length).toBeGreaterThanOrEqual(100);
  expect(known.length).toBeLessThanOrEqual(200);
  expect(known.at(-1)).toBe(9_999);
  expect(known[0]).toBe(10_000 - known.length);
  expect(traces.delete(9_999)).toBe(false);
});

test("adding costs the same however many have gone", async () => {
  const took = (count: number) => {
    const traces = new Traces();
    return cpuMs(() => {
      for (let i = 0; i < count; i++) traces.add(i, 20_000);
    });
  };
  await took(100_000);
  // A hundred times as much each, where the oldest are looked for one by one.
  expect(await took(1_000_000)).toBeLessThan(5_000);
});
