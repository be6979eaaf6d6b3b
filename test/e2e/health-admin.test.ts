import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { metricsOf } from "../support/metrics.ts";
import { exchange } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson } from "../support/workers.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

test("the admin port tells why a target is out and until when, and counts it", async () => {
  using good = startUpstream(replies());
  using bad = startUpstream(replies(response("", { status: 500 })));
  await using gateway = await startGateway(`listen: { host: 127.0.0.1, port: 0 }
services:
  s:
    targets: ["${good.url}", "${bad.url}"]
    balance: round-robin
    outlier-detection: { consecutive-failures: 2, ejection: 30s }
routes: [{ path: /*, service: s }]
`);
  for (let i = 0; i < 4; i++) await exchange(gateway.port, GET);
  const { services } = await adminJson<{ services: readonly { targets: readonly object[] }[] }>(
    gateway,
    "/api/services",
  );
  const [first, second] = services[0]?.targets ?? [];
  expect(first).toMatchObject({ url: good.url, isHealthy: true });
  expect(first).not.toHaveProperty("ejection");
  expect(second).toMatchObject({ url: bad.url, isHealthy: false, ejection: { reason: "2 failures in a row" } });
  const { since, until } = (second as { ejection: { since: string; until: string } }).ejection;
  expect(Date.parse(until) - Date.parse(since)).toBe(30_000);
  const metrics = await metricsOf(gateway);
  expect(metrics.value("sluice_target_healthy", { service: "s", target: bad.url })).toBe(0);
  expect(metrics.value("sluice_target_ejections_total", { service: "s", target: bad.url })).toBe(1);
  expect(metrics.value("sluice_target_ejections_total", { service: "s", target: good.url })).toBe(0);
  expect(await gateway.stop()).toBe(0);
});
