import { afterEach, expect, setSystemTime, test } from "bun:test";
import { SpanClock } from "../../src/trace/clock.ts";

afterEach(() => void setSystemTime());

const msOf = ([seconds, nanoseconds]: readonly [number, number]) => seconds * 1_000 + nanoseconds / 1e6;

test("times are those of the wall clock, in whole seconds and nanoseconds", () => {
  const clock = new SpanClock();
  clock.check();
  const before = Date.now();
  const now = performance.now();
  const after = Date.now();
  const time = clock.at(now);
  expect(msOf(time)).toBeWithin(before - 25, after + 25);
  expect(Number.isInteger(time[0]) && Number.isInteger(time[1])).toBe(true);
  // A millisecond later is a millisecond later, to a microsecond.
  expect(msOf(clock.at(now + 1)) - msOf(time)).toBeCloseTo(1, 3);
});

test("nanoseconds never make a second", () => {
  const clock = new SpanClock();
  for (let i = 0; i < 2_000; i++) expect(clock.at(performance.now() + i * 0.9999999)[1]).toBeLessThan(1e9);
});

test("a wall clock that was set is believed, between two traces", () => {
  const clock = new SpanClock();
  clock.check();
  const before = msOf(clock.at(performance.now()));
  setSystemTime(Date.now() + 3_600_000);
  expect(msOf(clock.at(performance.now())) - before).toBeLessThan(1_000_000);
  clock.check();
  expect(msOf(clock.at(performance.now())) - before).toBeGreaterThan(3_500_000);
});
