import { describe, expect, test } from "bun:test";
import type { Service } from "../../../src/admin/dashboard/page/api/types.ts";
import { quantile, TargetWatch } from "../../../src/admin/dashboard/page/model/target-latency.ts";
import { service, target } from "./facts.ts";

const URL = "http://10.0.0.1:4001";

/** A service of one target that has answered so often within 10 ms, and so often within 100 ms. */
function counted(fast: number, slow: number): readonly Service[] {
  const buckets = [
    [10, fast],
    [100, slow],
  ] as const;
  return [service("users", [target({}, { latency: { count: fast + slow, buckets } })])];
}

describe("a target's latency", () => {
  test("is that of the last ten seconds, not since the start", () => {
    const watch = new TargetWatch();
    watch.read(counted(1_000_000, 0), 0);
    watch.read(counted(1_000_000, 100), 2_000);
    const recent = watch.of("users", URL);
    expect(recent).toMatchObject({ perSecond: 50, replies: 100 });
    expect(recent.p50Ms).toBeCloseTo(55);
    watch.read(counted(1_000_000, 100), 13_000);
    expect(watch.of("users", URL).replies).toBe(0);
  });

  test("begins anew when the gateway has begun to count anew", () => {
    const watch = new TargetWatch();
    watch.read(counted(50, 0), 0);
    watch.read(counted(1, 0), 1_000);
    expect(watch.of("users", URL)).toEqual({ perSecond: 0, replies: 0 });
    watch.read(counted(3, 0), 2_000);
    expect(watch.of("users", URL).replies).toBe(2);
  });

  test("is unknown of a target that has gone, or was never there", () => {
    const watch = new TargetWatch();
    watch.read(counted(1, 0), 0);
    watch.read([], 1_000);
    watch.read(counted(9, 0), 2_000);
    expect(watch.of("users", URL).replies).toBe(0);
    expect(watch.of("orders", URL).replies).toBe(0);
  });

  test("is kept in a bounded number of readings, however often it is read", () => {
    const watch = new TargetWatch();
    for (let i = 0; i <= 1_000; i++) watch.read(counted(i, 0), i);
    expect(watch.of("users", URL)).toMatchObject({ replies: 11, perSecond: 1_000 });
  });

  test("is interpolated; what is above all bounds is at the last one", () => {
    expect(quantile([10, 20], [0, 0], 0, 0.5)).toBeUndefined();
    expect(quantile([10, 20], [2, 2], 4, 0.5)).toBe(10);
    expect(quantile([10, 20], [0, 4], 4, 0.75)).toBe(17.5);
    expect(quantile([10, 20], [0, 0], 4, 0.5)).toBe(20);
  });
});
