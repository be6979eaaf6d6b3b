import { describe, expect, test } from "bun:test";
import { metricsResponse, preferredFormat } from "../../src/admin/metrics.ts";
import type { Family } from "../../src/observe/metrics/family.ts";
import { readExposition } from "../support/exposition.ts";
import { exchange } from "../support/raw.ts";
import { startTestAdmin } from "./setup.ts";

describe("/metrics", () => {
  test("is Prometheus text unless OpenMetrics is asked for", async () => {
    await using admin = startTestAdmin();
    const plain = await admin.get("/metrics");
    expect(plain.status).toBe(200);
    expect(plain.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(plain.headers.get("cache-control")).toBe("no-store");
    const read = readExposition(await plain.text(), "prometheus");
    expect(read.value("sluice_requests_in_flight")).toBe(3);
    expect(read.value("sluice_requests_refused_total", { code: "bad_request" })).toBe(2);

    const open = await admin.get("/metrics", { accept: "application/openmetrics-text; version=1.0.0" });
    expect(open.headers.get("content-type")).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(readExposition(await open.text(), "openmetrics").value("sluice_requests_in_flight")).toBe(3);
  });

  test("is where the configuration says", async () => {
    await using admin = startTestAdmin({}, { metricsPath: "/internal/prometheus" });
    expect(await (await admin.get("/internal/prometheus")).text()).toContain("sluice_requests_in_flight 3");
    expect((await admin.get("/metrics")).status).toBe(404);
  });

  test("waits for those who have to ask others", async () => {
    const family: Family = { type: "gauge", name: "g", help: "G.", labels: [], series: [{ labels: [], value: 1 }] };
    await using admin = startTestAdmin({ metrics: () => Promise.resolve([family]) });
    expect(await (await admin.get("/metrics")).text()).toBe("# HELP g G.\n# TYPE g gauge\ng 1\n");
  });

  test("needs the token, if there is one, and answers no other site without", async () => {
    await using admin = startTestAdmin({}, { token: "t0ken" });
    expect((await admin.get("/metrics")).status).toBe(401);
    expect((await admin.get("/metrics", { authorization: "Bearer t0ken" })).status).toBe(200);
    await using open = startTestAdmin();
    expect((await open.get("/metrics", { origin: "http://evil.test" })).status).toBe(403);
  });

  test("answers HEAD, and is a problem where it fails", async () => {
    await using admin = startTestAdmin();
    const head = await exchange(admin.port, "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect([head.status, head.body.byteLength]).toEqual([200, 0]);
    await using broken = startTestAdmin({ metrics: () => Promise.reject(new Error("s3cret")) });
    const failed = await broken.get("/metrics");
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain("s3cret");
  });

  test("with 10,000 series lets others run in between, and is whole", async () => {
    const bounds = Array.from({ length: 15 }, (_, i) => i + 1);
    const series = Array.from({ length: 10_000 }, (_, i) => ({
      labels: [`/a/${i}`],
      counts: Array.from({ length: 16 }, () => i),
      sum: i,
    }));
    const family: Family = { type: "histogram", name: "h", help: "H.", labels: ["route"], bounds, series };
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const text = await metricsResponse([family], null).text();
    clearImmediate(timer);
    // 64 KiB are written at a time.
    expect(turns).toBeGreaterThan(text.length / 100_000);
    expect(text.split("\n").length).toBe(10_000 * 18 + 3);
  });
});

test.each([
  ["", "prometheus"],
  ["*/*", "prometheus"],
  ["text/plain", "prometheus"],
  ["application/json", "prometheus"],
  ["application/openmetrics-text", "openmetrics"],
  ["Application/OpenMetrics-Text; Version=1.0.0", "openmetrics"],
  ['application/openmetrics-text; version="1.0.0"', "openmetrics"],
  ["application/openmetrics-text;version=0.0.1", "prometheus"],
  ["application/openmetrics-text;q=0", "prometheus"],
  ["application/openmetrics-text;q=high", "prometheus"],
  ["application/openmetrics-text;q=2", "prometheus"],
  ["application/openmetrics-text;q=0.5, text/plain;q=0.9", "prometheus"],
  ["text/plain;version=0.0.4;q=0.3, application/openmetrics-text;version=1.0.0;q=0.6", "openmetrics"],
  ["text/plain;version=1.0.0;q=0.9, application/openmetrics-text;q=0.6", "openmetrics"],
  [
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "openmetrics",
  ],
  [",;q=,;;", "prometheus"],
])("Accept: %s is answered as %s", (accept, format) => {
  expect(preferredFormat(accept)).toBe(format as never);
});
