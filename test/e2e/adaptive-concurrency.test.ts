import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { metricsOf, untilMetric } from "../support/metrics.ts";
import { connect } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { startUpstream } from "../support/upstream.ts";
import { openWebSocket, startEcho } from "../support/websocket.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const IN_FLIGHT = "sluice_plugin_adaptive_concurrency_in_flight";
const SITE = { service: "up", site: "service up" };
const OF_ONE = "{ min: 1, initial: 1, max: 1 }";

const yaml = (url: string, options: string, more = "") => `
services: { up: { targets: ["${url}"], plugins: { adaptive-concurrency: ${options} ${more} } } }
routes: [{ path: /a/*, service: up }, { path: /*, service: up, upgrade: [websocket] }]
`;

const statusOf = async (port: number, path = "/") => (await fetch(`http://127.0.0.1:${port}${path}`)).status;

test("routes share the limiter of their service; clients that leave give their places back; all of it is told", async () => {
  using upstream = startUpstream(hangs());
  await using gateway = await startGateway(yaml(upstream.url, "{ min: 2, initial: 2, max: 2 }"));
  const clients = [await connect(gateway.port), await connect(gateway.port)];
  for (const client of clients) await client.send(GET);
  await untilMetric(gateway, IN_FLIGHT, SITE, 2);
  expect([await statusOf(gateway.port), await statusOf(gateway.port, "/a/b")]).toEqual([503, 503]);
  const services = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/api/services`)).json();
  expect(services).toMatchObject({
    services: [
      { limiters: [{ plugin: "adaptive-concurrency", site: "service up", limit: 2, inFlight: 2, refused: 2 }] },
    ],
  });
  const metrics = await metricsOf(gateway);
  expect(metrics.value("sluice_plugin_adaptive_concurrency_limit", SITE)).toBe(2);
  expect(metrics.value("sluice_plugin_adaptive_concurrency_refused_total", SITE)).toBe(2);
  await gateway.waitForLog(({ msg }) => msg === "adaptive-concurrency begins to refuse requests");
  for (const client of clients) client.reset();
  await untilMetric(gateway, IN_FLIGHT, SITE, 0);
  upstream.answer(replies(response("ok")));
  expect(await statusOf(gateway.port)).toBe(200);
  expect((await metricsOf(gateway)).value("sluice_plugin_adaptive_concurrency_usual_latency_seconds", SITE)).toBe(0);
  await gateway.waitForLog(({ msg }) => msg === "adaptive-concurrency refuses no more requests", 15_000);
}, 60_000);

test("a tunnel holds no place, and neither does a long reply after its head", async () => {
  await using echo = startEcho();
  await using gateway = await startGateway(yaml(echo.url, OF_ONE));
  const sockets = [await openWebSocket(gateway.port), await openWebSocket(gateway.port)];
  expect((await metricsOf(gateway)).value(IN_FLIGHT, SITE)).toBe(0);
  for (const socket of sockets) socket.close();
});

test("a refused attempt is no attempt: the service got nothing, and retry sends it again only if it is told so", async () => {
  using upstream = startUpstream(hangs());
  const retry = ", retry: { attempts: 3 }";
  await using gateway = await startGateway(yaml(upstream.url, OF_ONE, retry));
  const client = await connect(gateway.port);
  await client.send(GET);
  await upstream.waitForRequests(1);
  expect(await statusOf(gateway.port)).toBe(503);
  expect(upstream.requests).toHaveLength(1);
  expect((await metricsOf(gateway)).value("sluice_plugin_adaptive_concurrency_refused_total", SITE)).toBe(1);
  client.reset();
});
