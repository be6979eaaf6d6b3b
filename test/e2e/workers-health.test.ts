import { expect, test } from "bun:test";
import type { TargetState } from "../../src/admin/view.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { metricsOf, untilMetric } from "../support/metrics.ts";
import { connect } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { adminJson, replaceWorker, workersOf } from "../support/workers.ts";

const FAILING = replies(response("", { status: 500 }));

/** Three workers whose targets are checked as often as possible. */
function start(...upstreams: readonly Upstream[]): Promise<GatewayProcess> {
  return startGateway(`listen: { host: 127.0.0.1, port: 0, workers: 3 }
log: { level: debug }
services:
  s:
    targets: ${JSON.stringify(upstreams.map(({ url }) => url))}
    health: { path: /health, interval: 50ms, failing-interval: 50ms, healthy: 1, unhealthy: 1 }
routes: [{ path: /*, service: s }]
`);
}

/** What 30 requests over connections of their own are answered; so they reach every worker. */
async function answers(gateway: GatewayProcess): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let i = 0; i < 30; i++) {
    using client = await connect(gateway.port);
    for (let j = 0; j < 2; j++) {
      const reply = await client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      seen.add(`${reply.status} ${reply.body}`);
    }
  }
  return seen;
}

type Told = { readonly url: string } & TargetState;

async function stateOf(gateway: GatewayProcess, { url }: Upstream): Promise<Told | undefined> {
  const { services } = await adminJson<{ services: readonly { targets: readonly Told[] }[] }>(gateway, "/api/services");
  return services[0]?.targets.find((target) => target.url === url);
}

test("one worker checks, the others learn from it, and another takes over when it is killed", async () => {
  using a = startUpstream(replies(response("a")));
  using b = startUpstream(replies(response("b")));
  await using gateway = await start(a, b);
  // One check at a time of one worker: with three there would be three connections within 50 ms.
  const started = performance.now();
  const before = b.requests.length;
  await b.waitForRequests(before + 10);
  expect(performance.now() - started).toBeGreaterThan(300);

  b.answer((request, connection) =>
    request.target === "/health" ? FAILING(request, connection) : connection.send(response("b")),
  );
  const { worker } = await gateway.waitForLog(({ msg }) => msg === "a target is unhealthy");
  await untilMetric(gateway, "sluice_target_healthy", { service: "s", target: b.url }, 0);
  await until(async () => (await answers(gateway)).size === 1, { what: "all workers have learned of it" });
  expect(await stateOf(gateway, b)).toMatchObject({ isHealthy: false, check: { lastError: "status 500" } });

  const pid = (await workersOf(gateway)).find((view) => view.worker === worker)?.pid ?? 0;
  await replaceWorker(gateway, pid);
  // The one that has come anew knows it, too, although nothing has changed since.
  await until(async () => (await answers(gateway)).size === 1, { what: "the new worker has learned of it" });
  b.answer(replies(response("b")));
  const again = await gateway.waitForLog(({ msg }) => msg === "a target is healthy again");
  expect(again.worker).not.toBe(worker);
  await until(async () => (await stateOf(gateway, b))?.check?.state === "healthy");
  await until(async () => (await answers(gateway)).size === 2);
  expect((await metricsOf(gateway)).value("sluice_target_healthy", { service: "s", target: b.url })).toBe(1);
}, 60_000);
