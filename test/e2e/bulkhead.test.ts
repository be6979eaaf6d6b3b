import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { metricsOf, untilMetric } from "../support/metrics.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";

const HUNG = 2_000;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** What the services share is the listener's connections and the process; what each has for itself is checked here. */
test("with 2,000 requests hung at one service another has all its connections, waits for none, and answers every request", async () => {
  using hung = startUpstream(hangs());
  using good = startUpstream(replies(response("ok")));
  await using gateway = await startGateway(`
services:
  hung: { targets: ["${hung.url}"], pool: { max-connections: ${HUNG} } }
  good: { targets: ["${good.url}"], pool: { max-connections: 4 } }
routes: [{ path: /hung, service: hung }, { path: /good, service: good }]
`);
  const clients = await Promise.all(Array.from({ length: HUNG }, () => connect(gateway.port)));
  for (const client of clients) void client.send(get("/hung"));
  await hung.waitForRequests(HUNG, { timeout: 20_000 });
  const keepers = await Promise.all(Array.from({ length: 4 }, () => connect(gateway.port)));
  for (let round = 0; round < 50; round++) {
    const answers = await Promise.all(keepers.map((client) => client.exchange(get("/good"))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  }
  expect(good.connections.length).toBeLessThanOrEqual(4);
  const metrics = await metricsOf(gateway);
  const target = (service: string, url: string) => ({ service, target: url });
  expect(metrics.value("sluice_upstream_connections_in_use", target("hung", hung.url))).toBe(HUNG);
  expect(metrics.value("sluice_upstream_requests_pending", target("good", good.url))).toBe(0);
  // Nobody is left behind by clients that leave.
  for (const client of clients) client.reset();
  await untilMetric(gateway, "sluice_upstream_connections_in_use", target("hung", hung.url), 0);
  expect((await exchange(gateway.port, get("/good"))).status).toBe(200);
}, 60_000);

test("what a hung service may hold is bounded by its pool: the rest is refused in time", async () => {
  using hung = startUpstream(hangs());
  await using gateway = await startGateway(`
services:
  hung: { targets: ["${hung.url}"], pool: { max-connections: 2, max-pending: 3 }, timeouts: { pool: 300ms } }
routes: [{ path: /*, service: hung }]
`);
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect(gateway.port)));
  const refused = clients.map((client) =>
    client.exchange(get("/")).then(
      ({ status }) => status,
      () => undefined,
    ),
  );
  const statuses = await Promise.all(refused);
  expect(statuses.filter((status) => status === 503)).toHaveLength(8);
  expect(hung.requests).toHaveLength(2);
}, 60_000);
