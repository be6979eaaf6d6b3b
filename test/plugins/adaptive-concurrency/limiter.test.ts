import { expect, test } from "bun:test";
import { Limiter, type LimiterOptions } from "../../../plugins/adaptive-concurrency/limiter.ts";

const OPTIONS: LimiterOptions = {
  initial: 4,
  min: 1,
  max: 100,
  tolerance: 1,
  queue: 5,
  smoothing: 1,
  longWindow: 600,
  windowMs: 1_000,
};

/** So many requests, four at a time, that each take `latencyMs` and end at `now`. */
function run(limiter: Limiter, count: number, latencyMs: number, now: number): void {
  for (let i = 0; i < count; i += 4) {
    for (let k = 0; k < 4; k++) expect(limiter.take(OPTIONS)).toBe(true);
    for (let k = 0; k < 4; k++) limiter.measured(now - latencyMs, now, OPTIONS);
  }
}

test("as many places as the limit, and each is given back once it ends", () => {
  const limiter = new Limiter(2);
  expect([1, 2, 3].map(() => limiter.take(OPTIONS))).toEqual([true, true, false]);
  expect([limiter.inFlight, limiter.refused]).toEqual([2, 1]);
  limiter.release();
  expect(limiter.take(OPTIONS)).toBe(true);
});

test("the limit moves once in a window, by what ten attempts or more say", () => {
  const limiter = new Limiter(4);
  run(limiter, 8, 10, 0);
  expect(limiter.limit(OPTIONS)).toBe(4);
  run(limiter, 4, 10, 1);
  expect(limiter.limit(OPTIONS)).toBe(9);
  run(limiter, 100, 10, 900);
  expect(limiter.limit(OPTIONS)).toBe(9);
  // Four of nine at a time are less than the half: nobody has tested the limit.
  run(limiter, 4, 10, 1_001);
  expect(limiter.limit(OPTIONS)).toBe(9);
  expect(limiter.usualMs).toBeCloseTo(10, 9);
});

test("what is released unmeasured moves nothing", () => {
  const limiter = new Limiter(4);
  for (let i = 0; i < 1_000; i++) {
    limiter.take(OPTIONS);
    limiter.release();
  }
  expect([limiter.limit(OPTIONS), limiter.usualMs, limiter.inFlight]).toEqual([4, 0, 0]);
});

test("smaller bounds of the next configuration hold at once", () => {
  const limiter = new Limiter(50);
  expect(limiter.limit({ ...OPTIONS, max: 3 })).toBe(3);
  for (let i = 0; i < 3; i++) expect(limiter.take({ ...OPTIONS, max: 3 })).toBe(true);
  expect(limiter.take({ ...OPTIONS, max: 3 })).toBe(false);
});
