import { afterAll, beforeEach, expect, test } from "bun:test";
import type { RouteView } from "../../src/admin/view.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connect, exchange } from "../support/raw.ts";
import { startRedis } from "../support/redis.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { adminJson } from "../support/workers.ts";

const old = startUpstream(replies(response("old")));
const next = startUpstream(replies());
afterAll(() => {
  old.stop();
  next.stop();
});
beforeEach(() => next.answer(replies(response("broken", { status: 500 }))));

const start = (listen = "", redis = "") =>
  startGateway(`
listen: { host: 127.0.0.1, port: 0${listen} }
${redis}
services: { old: { targets: ["${old.url}"] }, next: { targets: ["${next.url}"] } }
routes:
  - path: /*
    service: old
    canary: { service: next, steps: [50%, 100%], every: 1h, min-requests: 5 }
    plugins: { cors: { origins: ["https://a.example"] } }
`);

const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const PREFLIGHT =
  "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: GET\r\n\r\n";

const canaryOf = async (gateway: GatewayProcess) =>
  (await adminJson<{ routes: readonly RouteView[] }>(gateway, "/api/routes")).routes[0]?.canary;
const stopped = async (gateway: GatewayProcess) => {
  const isStopped = async () => (await canaryOf(gateway))?.state === "stopped";
  await until(isStopped, { what: () => "the canary is stopped" });
  return await canaryOf(gateway);
};

test("of several workers, one that has stopped is to be seen on the admin port", async () => {
  await using gateway = await start(", workers: 2");
  expect(await canaryOf(gateway)).toMatchObject({ service: "next", state: "running", share: 0.5 });
  await Promise.all(Array.from({ length: 100 }, () => exchange(gateway.port, GET)));
  expect(await stopped(gateway)).toMatchObject({ share: 0, reason: expect.stringContaining("of its requests failed") });
});

test("a new version that hangs is stopped, though its clients leave before a timeout", async () => {
  next.answer(hangs());
  await using gateway = await start();
  for (let i = 0; i < 100; i++) {
    const client = await connect(gateway.port);
    void client.send(GET);
    const isAnswered = until(() => client.isEnded, { timeout: 300 }).catch(() => client.reset());
    if (i % 10 === 0) await isAnswered;
  }
  expect(await stopped(gateway)).toMatchObject({ reason: expect.stringContaining("times as long") });
});

test("what plugins answer hides nothing of a new version", async () => {
  await using gateway = await start();
  using client = await connect(gateway.port);
  for (let i = 0; i < 2_000; i++) expect((await client.exchange(PREFLIGHT)).status).toBe(204);
  for (let i = 0; i < 30; i++) await exchange(gateway.port, GET);
  await stopped(gateway);
});

test("what was stopped gets nothing from a gateway that starts afterwards, not even at first", async () => {
  await using redis = await startRedis();
  const common = `redis: { url: "${redis.url}", command-timeout: 2s }`;
  await using first = await start("", common);
  await Promise.all(Array.from({ length: 40 }, () => exchange(first.port, GET)));
  await stopped(first);
  await using second = await start("", common);
  const before = next.requests.length;
  await Promise.all(Array.from({ length: 40 }, () => exchange(second.port, GET)));
  expect(next.requests.length).toBe(before);
  expect(await canaryOf(second)).toMatchObject({ state: "stopped", share: 0 });
});
