import { expect, test } from "bun:test";
import { TargetStats } from "../../src/upstream/stats.ts";

const GAUGES = { open: 3, idle: 1, inUse: 2, tunnels: 1, pending: 4 };

test("a snapshot has the pool's state and everything counted", () => {
  const stats = new TargetStats();
  stats.created = 5;
  stats.reused = 7;
  stats.closed = 2;
  stats.recordLatency(10);
  stats.recordLatency(20);
  stats.countError("upstream_reset");
  stats.countError("upstream_timeout");
  stats.countError("upstream_reset");
  const snapshot = stats.snapshot(GAUGES);
  expect(snapshot).toMatchObject({ ...GAUGES, created: 5, reused: 7, closed: 2 });
  expect(snapshot.errors).toEqual({ upstream_reset: 2, upstream_timeout: 1 });
  expect(snapshot.latency).toMatchObject({ count: 2, sumMs: 30 });
});

test("a snapshot takes the gauges alone from a larger object, and does not change", () => {
  const stats = new TargetStats();
  const snapshot = stats.snapshot(Object.assign(GAUGES, { secret: 1 }));
  stats.created++;
  stats.countError("internal");
  expect(snapshot).not.toHaveProperty("secret");
  expect(snapshot.created).toBe(0);
  expect(snapshot.errors).toEqual({});
});
