import { describe, expect, test } from "bun:test";
import type { Outcome } from "../../../src/context/outcome.ts";
import type { Context } from "../../../src/context.ts";
import { createNullLogger } from "../../../src/observe/log.ts";
import { MetricsRegistry } from "../../../src/observe/metrics/registry.ts";
import { RequestRecorder } from "../../../src/observe/metrics/requests.ts";
import { metricsText } from "../../../src/observe/metrics/text.ts";
import { createContext } from "../../../src/testing/request.ts";
import { OUTCOME } from "../../pipeline-run.ts";
import { readExposition } from "../../support/exposition.ts";

const NO_TIMES = { startedAt: 1_000, repliedAt: 0, upstreamStartedAt: 0, upstreamEndedAt: 0 };
const requestOf = (method: string) => ({ ...createContext({}, undefined, undefined).request, method });

function setup() {
  const registry = new MetricsRegistry(createNullLogger());
  const recorder = new RequestRecorder(registry, "users");
  const record = (method: string, outcome: Partial<Outcome>, times: Partial<Context> = {}) =>
    recorder.record({ ...NO_TIMES, ...times, request: requestOf(method) }, { ...OUTCOME, ...outcome });
  const value = (name: string, labels: Record<string, string>) =>
    readExposition(metricsText(registry.collect(), "prometheus"), "prometheus").value(name, labels);
  return { registry, record, value };
}

describe("requests", () => {
  test.each([
    ["GET", 200, "GET", "2xx"],
    ["DELETE", 304, "DELETE", "3xx"],
    ["OPTIONS", 204, "OPTIONS", "2xx"],
    ["HEAD", 499, "HEAD", "4xx"],
    ["POST", 599, "POST", "5xx"],
    ["GET", 101, "GET", "1xx"],
    ["get", 200, "OTHER", "2xx"],
    ["PURGE", 200, "OTHER", "2xx"],
    ["__proto__", 200, "OTHER", "2xx"],
    ["GET", 999, "GET", "other"],
  ])("%s %d are counted as %s %s", (method, status, methodLabel, statusLabel) => {
    const { record, value } = setup();
    record(method, { status });
    record(method, { status });
    expect(value("sluice_requests_total", { route: "users", method: methodLabel, status: statusLabel })).toBe(2);
  });

  test("whatever methods clients think of, series stay few", () => {
    const { registry, record } = setup();
    for (let i = 0; i < 1_000; i++) record(`M${i}`, { status: 100 + (i % 900) });
    const family = registry.collect().find(({ name }) => name === "sluice_requests_total");
    expect(family?.series.length).toBe(6);
  });

  test("have durations in seconds, but for tunnels", () => {
    const { record, value } = setup();
    record("GET", { durationMs: 4 });
    record("GET", { durationMs: 5 });
    record("GET", { durationMs: 61_000 });
    record("GET", { durationMs: 3_600_000, status: 101 });
    const bucket = (le: string) => value("sluice_request_duration_seconds_bucket", { route: "users", le });
    expect([bucket("0.0025"), bucket("0.005"), bucket("60"), bucket("+Inf")]).toEqual([0, 2, 2, 3]);
    expect(value("sluice_request_duration_seconds_sum", { route: "users" })).toBeCloseTo(61.009, 9);
  });

  test("have the gateway's own time and the upstream's apart", () => {
    const { record, value } = setup();
    // 2 ms before, 30 ms upstream, 1 ms behind; all of it left at once.
    record("GET", { durationMs: 33 }, { upstreamStartedAt: 1_002, upstreamEndedAt: 1_032 });
    // The same, and a body that took ten seconds to send.
    record("GET", { durationMs: 10_033 }, { upstreamStartedAt: 1_002, upstreamEndedAt: 1_032, repliedAt: 1_033 });
    // Answered by a plugin.
    record("GET", { durationMs: 4 });
    record("GET", { durationMs: 60_000, status: 101 }, { upstreamStartedAt: 1_001, upstreamEndedAt: 1_002 });
    const own = (part: string, le?: string) =>
      value(`sluice_request_gateway_duration_seconds_${part}`, { route: "users", ...(le !== undefined && { le }) });
    expect(own("count")).toBe(3);
    expect(own("sum")).toBeCloseTo(0.01, 9);
    expect([own("bucket", "0.0025"), own("bucket", "0.005")]).toEqual([0, 3]);
    expect(value("sluice_request_upstream_duration_seconds_count", { route: "users" })).toBe(2);
    expect(value("sluice_request_upstream_duration_seconds_sum", { route: "users" })).toBeCloseTo(0.06, 9);
    expect(value("sluice_request_duration_seconds_sum", { route: "users" })).toBeCloseTo(10.07, 9);
  });

  test("have bytes of both directions", () => {
    const { record, value } = setup();
    record("POST", { bytesIn: 10, bytesOut: 200 });
    record("POST", { bytesIn: 5 });
    expect(value("sluice_request_bytes_total", { route: "users" })).toBe(15);
    expect(value("sluice_reply_bytes_total", { route: "users" })).toBe(200);
  });

  test("have errors with the side to blame", () => {
    const { record, value } = setup();
    record("GET", { status: 504, errorCode: "upstream_timeout", errorSource: "upstream" });
    record("GET", { status: 200, errorCode: "upstream_timeout", errorSource: "upstream" });
    record("GET", { status: 429, errorCode: "rate_limited", errorSource: "downstream" });
    const errors = (code: string, source: string) => value("sluice_errors_total", { route: "users", code, source });
    expect(errors("upstream_timeout", "upstream")).toBe(2);
    expect(errors("rate_limited", "downstream")).toBe(1);
  });

  test("of a route that is compiled again go on", () => {
    const { registry, record, value } = setup();
    record("GET", {});
    new RequestRecorder(registry, "users").record({ ...NO_TIMES, request: requestOf("GET") }, OUTCOME);
    expect(value("sluice_requests_total", { route: "users", method: "GET", status: "2xx" })).toBe(2);
    expect(value("sluice_request_duration_seconds_count", { route: "users" })).toBe(2);
  });
});
