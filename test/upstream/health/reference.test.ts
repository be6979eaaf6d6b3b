import { describe, expect, test } from "bun:test";
import { watched } from "./support.ts";

/**
 * What Envoy's documentation says of its outlier detection with its defaults (architecture overview, "Outlier detection";
 * config.cluster.v3.OutlierDetection): 5 × 5xx, an interval of 10 s, 30 s × n up to 300 s, at most 10 %, success rate with
 * 5 hosts and 100 requests at 1.9 deviations. Ours differs in two ways, as it says in docs/health.md: one target may always
 * be ejected, and one that is out returns as soon as its time is over, not at the end of an interval.
 */
describe("Envoy's defaults", () => {
  test("the fifth 5xx or failed attempt in a row ejects", () => {
    const t = watched(10);
    t.send(0, 4, "failure");
    expect(t.out()).toEqual([]);
    t.send(0, 1, "failure");
    expect(t.out()).toEqual([0]);
  });

  test("at most a tenth is out at a time, and who was refused may be ejected later", () => {
    const t = watched(10);
    t.send(0, 5, "failure");
    t.send(1, 5, "failure");
    expect(t.out()).toEqual([0]);
    t.advance(30_000);
    expect(t.out()).toEqual([]);
    t.send(1, 4, "failure");
    expect(t.out()).toEqual([]);
    t.send(1, 1, "failure");
    expect(t.out()).toEqual([1]);
  });

  test("the time is 30 s multiplied by the times in a row, and grows no more at 300 s", () => {
    const t = watched(10);
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]) {
      t.send(0, 5, "failure");
      t.advance(n * 30_000 - 1);
      expect(t.out()).toEqual([0]);
      t.advance(1);
      expect(t.out()).toEqual([]);
    }
  });

  test("in each interval that it is well the multiplier is decremented, down from the longest within 300 / 30 of them", () => {
    const t = watched(10);
    const lasts = () => {
      t.send(0, 5, "failure");
      const { since, until } = t.targets[0]?.ejection ?? { since: 0, until: 0 };
      t.advance(until - since);
      return until - since;
    };
    for (let n = 0; n < 15; n++) lasts();
    // The interval in which it came back is none that it was well.
    t.advance(10_000);
    for (let n = 0; n < 10; n++) t.advance(10_000);
    expect(lasts()).toBe(30_000);
    expect(lasts()).toBe(60_000);
    t.advance(10_000);
    expect(lasts()).toBe(60_000);
  });

  /** Success rates in %, each of so many requests spread so that there is no row of five. */
  function afterInterval(rates: readonly number[], requests = 100) {
    const t = watched(rates.length);
    for (const [index, rate] of rates.entries()) {
      for (let i = 0; i < requests; i++) {
        const failures = Math.floor(((i + 1) * (100 - rate)) / 100) - Math.floor((i * (100 - rate)) / 100);
        t.send(index, 1, failures > 0 ? "failure" : 1);
      }
    }
    t.advance(9_999);
    expect(t.out()).toEqual([]);
    t.advance(1);
    return t;
  }

  test("below the mean less 1.9 deviations ejects, at the end of an interval", () => {
    // Mean 92, deviation 16: the threshold is 61.6.
    const t = afterInterval([60, 100, 100, 100, 100]);
    expect(t.out()).toEqual([0]);
    expect(t.logs[0]?.fields.reason).toBe("its success rate is too low");
    // Mean 84, deviation 19.6: it is 46.8, and both are above.
    expect(afterInterval([60, 60, 100, 100, 100]).out()).toEqual([]);
  });

  test("with fewer than 5 hosts, or fewer than 100 requests each, nothing is compared", () => {
    expect(afterInterval([40, 100, 100, 100]).out()).toEqual([]);
    expect(afterInterval([40, 100, 100, 100, 100], 99).out()).toEqual([]);
  });

  test("when all fail alike none is an outlier", () => {
    expect(afterInterval([50, 50, 50, 50, 50]).out()).toEqual([]);
  });
});
