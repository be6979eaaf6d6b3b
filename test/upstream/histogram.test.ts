import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUCKET_BOUNDS_MS, Histogram, quantile } from "../../src/upstream/histogram.ts";

function recorded(...durations: number[]): ReturnType<Histogram["snapshot"]> {
  const histogram = new Histogram();
  for (const ms of durations) histogram.record(ms);
  return histogram.snapshot();
}

/** The bound of the bucket that holds the one duration; Infinity above the last. */
function boundOf(ms: number): number {
  return recorded(ms).buckets.find(([, count]) => count === 1)?.[0] ?? Number.POSITIVE_INFINITY;
}

describe("buckets", () => {
  test("bounds grow by half octaves from a quarter of a millisecond to a minute", () => {
    expect(BUCKET_BOUNDS_MS.slice(0, 8)).toEqual([0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 3]);
    expect(BUCKET_BOUNDS_MS.at(-1)).toBe(65_536);
    expect(BUCKET_BOUNDS_MS.length).toBe(37);
  });

  test("a bound belongs to its own bucket, what is a little more to the next", () => {
    for (const [index, bound] of BUCKET_BOUNDS_MS.entries()) {
      expect(boundOf(bound)).toBe(bound);
      expect(boundOf(bound + 0.001)).toBe(BUCKET_BOUNDS_MS[index + 1] ?? Number.POSITIVE_INFINITY);
    }
  });

  test("every duration lies in the first bucket that is large enough for it", () => {
    const duration = fc.double({ min: 0, max: 70_000, noNaN: true });
    fc.assert(
      fc.property(duration, (ms) => {
        const expected = BUCKET_BOUNDS_MS.find((bound) => ms <= bound) ?? Number.POSITIVE_INFINITY;
        expect(boundOf(ms)).toBe(expected);
      }),
    );
  });

  test("what is no duration counts as zero, and what is endless above all", () => {
    const latency = recorded(-5, Number.NaN, 0);
    expect(latency.buckets[0]).toEqual([0.25, 3]);
    expect(latency.sumMs).toBe(0);
    expect(boundOf(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(boundOf(1e12)).toBe(Number.POSITIVE_INFINITY);
  });

  test("count and sum are of all, those above the last bound too", () => {
    expect(recorded(1, 2, 100_000)).toMatchObject({ count: 3, sumMs: 100_003 });
  });

  test("a snapshot does not change", () => {
    const histogram = new Histogram();
    const before = histogram.snapshot();
    histogram.record(1);
    expect(before.count).toBe(0);
    expect(before.buckets.every(([, count]) => count === 0)).toBe(true);
  });
});

describe("quantile", () => {
  test("of nothing is undefined", () => {
    expect(quantile(recorded(), 0.5)).toBeUndefined();
  });

  test("lies within half an octave of the truth", () => {
    const durations = Array.from({ length: 1_000 }, (_, index) => index + 1);
    const latency = recorded(...durations);
    for (const q of [0.01, 0.1, 0.5, 0.9, 0.99, 1]) {
      const truth = q * 1_000;
      const found = quantile(latency, q) ?? 0;
      expect(found).toBeGreaterThan(truth / 1.5);
      expect(found).toBeLessThan(truth * 1.5);
    }
  });

  test("is interpolated within a bucket", () => {
    const latency = recorded(...Array.from({ length: 100 }, (_, index) => 2 + (index + 1) / 100));
    expect(quantile(latency, 0.5)).toBeCloseTo(2.5);
    expect(quantile(latency, 0.99)).toBeCloseTo(2.99);
  });

  test("grows with the share and stays within the bounds", () => {
    const latency = recorded(0.1, 3, 3, 900, 100_000);
    const found = [-1, 0, 0.2, 0.5, 0.8, 0.9, 1, 2].map((q) => quantile(latency, q) ?? Number.NaN);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found.at(-1)).toBe(65_536);
    expect(quantile(latency, 0.5)).toBeWithin(2, 3.001);
  });
});
