import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Gradient, type GradientOptions } from "../../../plugins/adaptive-concurrency/gradient.ts";

/** The defaults of Netflix' Gradient2Limit, without the tolerance that it got later. */
const PUBLISHED: GradientOptions = {
  initial: 20,
  min: 20,
  max: 200,
  tolerance: 1,
  queue: 4,
  smoothing: 0.2,
  longWindow: 600,
};

/** Feeds windows of these latencies at full use, and answers the limit after each. */
function limits(gradient: Gradient, latencies: readonly number[], options = PUBLISHED): readonly number[] {
  return latencies.map((latency) => {
    gradient.update({ latency, inFlight: options.max }, options);
    return gradient.limit(options);
  });
}

const times = (count: number, latency: number) => Array.from({ length: count }, () => latency);

describe("the published sequences", () => {
  test("steady latency: by a fifth of the queue in a window, up to the most", () => {
    const gradient = new Gradient(20);
    expect(limits(gradient, times(8, 10))).toEqual([20, 21, 22, 23, 24, 24, 25, 26]);
    expect(limits(gradient, times(300, 10)).at(-1)).toBe(200);
  });

  test("latency that doubles: the limit falls by nearly a tenth, and goes on falling to the least", () => {
    const gradient = new Gradient(100);
    limits(gradient, times(10, 10));
    // 108 · (0.8 + 0.2 · (10 + 10 · 2/601) / 20) + 0.8
    expect(limits(gradient, [20])).toEqual([98]);
    // The usual latency follows so slowly that the limit comes down to 4 / (1 - gradient), and below.
    expect(limits(gradient, times(60, 20)).at(-1)).toBe(20);
  });

  test("an outlier takes no more than a tenth: the gradient is no less than a half", () => {
    const gradient = new Gradient(100);
    limits(gradient, times(10, 10));
    // 108 · 0.9 + 0.8
    expect(limits(gradient, [1e9])).toEqual([98]);
  });

  test("latency that falls counts as steady", () => {
    expect(limits(new Gradient(100), [10, 9, 8, 7, 6])).toEqual([100, 101, 102, 103, 104]);
  });

  test("the first ten windows make a mean, later ones a slow average", () => {
    const gradient = new Gradient(20);
    limits(gradient, [10, 20, 30, 10, 20, 30, 10, 20, 30, 20]);
    expect(gradient.longLatency).toBeCloseTo(20, 9);
    limits(gradient, [30]);
    expect(gradient.longLatency).toBeCloseTo(20 + 10 * (2 / 601), 9);
  });

  test("after load has passed the usual latency is led back by a tenth in a window, until it is twice the latest", () => {
    const gradient = new Gradient(20);
    limits(gradient, times(10, 100));
    const before = gradient.longLatency;
    limits(gradient, [10]);
    expect(gradient.longLatency).toBeCloseTo((before - 90 * (2 / 601)) * 0.9, 9);
    limits(gradient, times(40, 10));
    expect(gradient.longLatency).toBeWithin(10, 21);
  });

  test("a limit that nobody reaches stays", () => {
    const gradient = new Gradient(20);
    for (const latency of [10, 10, 100, 10]) gradient.update({ latency, inFlight: 9 }, PUBLISHED);
    expect(gradient.limit(PUBLISHED)).toBe(20);
    gradient.update({ latency: 10, inFlight: 10 }, PUBLISHED);
    gradient.update({ latency: 10, inFlight: 11 }, PUBLISHED);
    expect(gradient.limit(PUBLISHED)).toBe(21);
  });

  test("within the tolerance latency is steady", () => {
    const gradient = new Gradient(100);
    const options = { ...PUBLISHED, tolerance: 1.5 };
    limits(gradient, times(10, 10), options);
    expect(limits(gradient, [15, 15], options)).toEqual([108, 109]);
    expect(limits(gradient, [30], options)[0]).toBeLessThan(105);
  });
});

test("whatever is measured, the limit is a whole number within its bounds, and one window moves it by no more than it may", () => {
  const windows = fc.array(
    fc.record({ latency: fc.double({ min: 0.1, max: 1e6, noNaN: true }), inFlight: fc.nat(300) }),
  );
  fc.assert(
    fc.property(windows, fc.integer({ min: 20, max: 200 }), (all, initial) => {
      const gradient = new Gradient(initial);
      for (const window of all) {
        const before = gradient.limit(PUBLISHED);
        gradient.update(window, PUBLISHED);
        const limit = gradient.limit(PUBLISHED);
        expect(Number.isInteger(limit)).toBe(true);
        expect(limit).toBeWithin(20, 201);
        expect(limit - before).toBeLessThanOrEqual(1);
        expect(limit).toBeGreaterThanOrEqual(Math.floor(before * 0.9));
      }
    }),
  );
});
