import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { metricsOf, untilMetric } from "../support/metrics.ts";
import { connect } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import { openWebSocket, startEcho } from "../support/websocket.ts";

const IN_FLIGHT = "sluice_service_requests_in_flight";
const OF_UP = { service: "up" };

const yaml = (up: string, other: string) => `
services:
  up: { targets: ["${up}"], max-requests: 2 }
  other: { targets: ["${other}"] }
routes:
  - { path: /a/*, service: up }
  - { path: /other, service: other }
  - { path: /*, service: up, upgrade: [websocket] }
`;

const ask = (port: number, path = "/") => fetch(`http://127.0.0.1:${port}${path}`);
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
/** A request whose body does not come: it waits in the gateway. */
const HALF = "POST /a/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123";

test("one more than max-requests is 503 on every route of the service, and another service does not notice", async () => {
  using up = startUpstream(hangs());
  using other = startUpstream(replies(response("ok")));
  await using gateway = await startGateway(yaml(up.url, other.url));
  const clients = [await connect(gateway.port), await connect(gateway.port)];
  await clients[0]?.send(GET);
  await clients[1]?.send(HALF);
  await untilMetric(gateway, IN_FLIGHT, OF_UP, 2);
  for (const path of ["/", "/a/b"]) {
    const refused = await ask(gateway.port, path);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await refused.json()).toMatchObject({ code: "overloaded" });
  }
  expect((await ask(gateway.port, "/other")).status).toBe(200);
  const services = await (await ask(gateway.adminPort, "/api/services")).json();
  const limiters = [{ plugin: "max-requests", site: "service up", limit: 2, inFlight: 2, refused: 2 }];
  expect(services).toMatchObject({ services: [{ name: "up", limiters }, { name: "other" }] });
  expect((await metricsOf(gateway)).value("sluice_service_requests_refused_total", OF_UP)).toBe(2);
  await gateway.waitForLog(({ msg }) => msg === "a service has max-requests under way: more are refused");
  for (const client of clients) client.reset();
  await untilMetric(gateway, IN_FLIGHT, OF_UP, 0);
  up.answer(replies(response("ok")));
  for (let i = 0; i < 5; i++) expect((await ask(gateway.port)).status).toBe(200);
  expect((await metricsOf(gateway)).value(IN_FLIGHT, OF_UP)).toBe(0);
  await gateway.waitForLog(({ msg }) => msg === "a service takes all requests again", 15_000);
}, 60_000);

test("a tunnel counts until it ends", async () => {
  await using echo = startEcho();
  await using gateway = await startGateway(yaml(echo.url, echo.url));
  const sockets = [await openWebSocket(gateway.port), await openWebSocket(gateway.port)];
  expect((await metricsOf(gateway)).value(IN_FLIGHT, OF_UP)).toBe(2);
  expect((await ask(gateway.port)).status).toBe(503);
  for (const socket of sockets) socket.close();
  await untilMetric(gateway, IN_FLIGHT, OF_UP, 0);
});

test("what comes as a fallback counts until its end, and is told without a route of its own", async () => {
  using up = startUpstream(hangs());
  using main = startUpstream(replies(response("no", { status: 503 })));
  await using gateway = await startGateway(`
services:
  up: { targets: ["${up.url}"], max-requests: 2 }
  main:
    targets: ["${main.url}"]
    plugins: { circuit-breaker: { consecutive-failures: 1, open: 5m, fallback: { service: up } } }
routes:
  - { path: /*, service: main }
`);
  expect((await ask(gateway.port)).status).toBe(503);
  const clients = [await connect(gateway.port), await connect(gateway.port)];
  for (const client of clients) await client.send(GET);
  await untilMetric(gateway, IN_FLIGHT, OF_UP, 2);
  const refused = await ask(gateway.port);
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: "overloaded" }]);
  expect(up.requests).toHaveLength(2);
  const { services } = (await (await ask(gateway.adminPort, "/api/services")).json()) as { services: unknown[] };
  const limiters = [{ plugin: "max-requests", site: "service up", limit: 2, inFlight: 2, refused: 1 }];
  expect(services).toMatchObject([{ name: "up", limiters }, { name: "main" }]);
  for (const client of clients) client.reset();
  await untilMetric(gateway, IN_FLIGHT, OF_UP, 0);
  up.answer(replies(response("ok")));
  for (let i = 0; i < 5; i++) expect(await (await ask(gateway.port)).text()).toBe("ok");
  await untilMetric(gateway, IN_FLIGHT, OF_UP, 0);
});
