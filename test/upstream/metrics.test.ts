import { expect, test } from "bun:test";
import { CORE } from "../../src/observe/metrics/core.ts";
import { metricsText } from "../../src/observe/metrics/text.ts";
import { BUCKET_BOUNDS_MS } from "../../src/upstream/histogram.ts";
import { upstreamFamilies } from "../../src/upstream/metrics.ts";
import { createService } from "../../src/upstream/service.ts";
import { readExposition } from "../support/exposition.ts";
import { serviceConfig } from "./support.ts";

const A = { service: "users", target: "http://127.0.0.1:4001" };
const B = { service: "users", target: "http://127.0.0.1:4002" };

function setup() {
  const service = createService("users", serviceConfig({ targets: [A.target, B.target] }));
  const [a, b] = service.targets;
  if (a === undefined || b === undefined) throw new Error("the service has two targets");
  const read = () => readExposition(metricsText(upstreamFamilies([service]), "prometheus"), "prometheus");
  return { a, b, read };
}

test("every target has its own numbers", () => {
  const { a, b, read } = setup();
  a.stats.attempts = 7;
  a.stats.created = 3;
  a.stats.closed = 2;
  a.stats.reused = 4;
  a.stats.countError("upstream_timeout");
  a.stats.countError("upstream_timeout");
  b.stats.countError("upstream_reset");
  const metrics = read();
  expect(metrics.value("sluice_upstream_attempts_total", A)).toBe(7);
  expect(metrics.value("sluice_upstream_attempts_total", B)).toBe(0);
  expect(metrics.value("sluice_upstream_connections_opened_total", A)).toBe(3);
  expect(metrics.value("sluice_upstream_connections_closed_total", A)).toBe(2);
  expect(metrics.value("sluice_upstream_connections_reused_total", A)).toBe(4);
  expect(metrics.value("sluice_upstream_errors_total", { ...A, code: "upstream_timeout" })).toBe(2);
  expect(metrics.value("sluice_upstream_errors_total", { ...B, code: "upstream_reset" })).toBe(1);
  expect(metrics.value("sluice_upstream_errors_total", { ...B, code: "upstream_timeout" })).toBeUndefined();
});

test("a target is up or down once it was connected to", () => {
  const { a, b, read } = setup();
  expect(read().families.has("sluice_upstream_up")).toBe(false);
  a.pool.health = "up";
  b.pool.health = "down";
  expect(read().value("sluice_upstream_up", A)).toBe(1);
  expect(read().value("sluice_upstream_up", B)).toBe(0);
});

test("latencies are told in every second of the bounds that they are kept in", () => {
  expect(CORE.upstreamLatency.bounds).toEqual(BUCKET_BOUNDS_MS.filter((_, i) => i % 2 === 0).map((ms) => ms / 1_000));
  const { a, read } = setup();
  for (const ms of [0.1, 0.25, 0.3, 0.5, 3, 4, 65_536, 70_000]) a.stats.recordLatency(ms);
  const metrics = read();
  const bucket = (le: string) => metrics.value("sluice_upstream_latency_seconds_bucket", { ...A, le });
  const bounds = ["0.00025", "0.0005", "0.002", "0.004", "32.768", "65.536", "+Inf"];
  expect(bounds.map(bucket)).toEqual([2, 4, 4, 6, 6, 7, 8]);
  expect(metrics.value("sluice_upstream_latency_seconds_sum", A)).toBeCloseTo(135.54415, 9);
});

test("a target's health: whether it may be chosen, its checks, its ejections", () => {
  const { a, b, read } = setup();
  expect(read().value("sluice_target_healthy", A)).toBe(1);
  expect(read().families.has("sluice_target_checks_total")).toBe(false);
  a.health.checksPassed = 3;
  a.health.checksFailed = 2;
  a.health.setCheck("unhealthy", "status 500");
  b.health.eject("5 failures in a row", 1_000);
  b.health.admit();
  const metrics = read();
  expect(metrics.value("sluice_target_healthy", A)).toBe(0);
  expect(metrics.value("sluice_target_healthy", B)).toBe(1);
  expect(metrics.value("sluice_target_checks_total", { ...A, result: "passed" })).toBe(3);
  expect(metrics.value("sluice_target_checks_total", { ...A, result: "failed" })).toBe(2);
  expect(metrics.value("sluice_target_ejections_total", A)).toBe(0);
  expect(metrics.value("sluice_target_ejections_total", B)).toBe(1);
});
