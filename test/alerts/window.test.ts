import { expect, test } from "bun:test";
import fc from "fast-check";
import { SlidingCounts } from "../../src/alerts/window.ts";

const AT = 1_800_000_000_000;

test("what is within the window is counted, what is older is not", () => {
  const counts = new SlidingCounts(30_000);
  for (let second = 0; second < 100; second++) counts.add(AT + second * 1_000, 10, second % 2);
  expect(counts.read(AT + 99_000)).toEqual({ total: 310, bad: 16 });
  expect(counts.read(AT + 99_000 + 31_000)).toEqual({ total: 0, bad: 0 });
});

test("a clock that goes back counts in the latest part, and a leap forgets all", () => {
  const counts = new SlidingCounts(30_000);
  counts.add(AT, 5, 1);
  counts.add(AT - 3_600_000, 5, 1);
  expect(counts.read(AT)).toEqual({ total: 10, bad: 2 });
  counts.add(AT + 86_400_000, 1, 0);
  expect(counts.read(AT + 86_400_000)).toEqual({ total: 1, bad: 0 });
});

test("a read covers the window, and at most a thirtieth more", () => {
  const step = fc.record({ ms: fc.integer({ min: 0, max: 20_000 }), total: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const counts = new SlidingCounts(60_000);
      const events: { readonly at: number; readonly total: number }[] = [];
      let at = AT;
      for (const { ms, total } of steps) {
        at += ms;
        events.push({ at, total });
        counts.add(at, total, total);
      }
      const within = (ms: number) => events.reduce((sum, one) => sum + (at - one.at < ms ? one.total : 0), 0);
      const { total, bad } = counts.read(at);
      expect(bad).toBe(total);
      expect(total).toBeGreaterThanOrEqual(within(60_000));
      expect(total).toBeLessThanOrEqual(within(62_000));
    }),
  );
});
