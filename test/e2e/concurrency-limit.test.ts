import { describe, expect, test } from "bun:test";
import { countOf, statusOf } from "../support/ask.ts";
import { startGateway } from "../support/gateway.ts";
import { metricsOf, untilMetric } from "../support/metrics.ts";
import { connect } from "../support/raw.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { hangs, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";
import { openWebSocket, startEcho } from "../support/websocket.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const USE = "sluice_plugin_concurrency_limit_places_in_use";
const SITE = { site: "route r" };

const yaml = (upstream: string, options: string, redis = "") => `
${redis}
services: { up: { targets: ["${upstream}"] } }
routes: [{ name: r, path: /*, service: up, upgrade: [websocket], plugins: { concurrency-limit: ${options} } }]
`;

describe("a place is given back", () => {
  test("when the client leaves, before and in the middle of the reply", async () => {
    using upstream = startUpstream(hangs());
    await using gateway = await startGateway(yaml(upstream.url, "{ limit: 1 }"));
    for (const isInReply of [false, true]) {
      if (isInReply) {
        upstream.answer((_, connection) => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12"));
      }
      const client = await connect(gateway.port);
      void client.send(GET);
      await untilMetric(gateway, USE, SITE, 1);
      expect(await statusOf(gateway.port)).toBe(503);
      client.reset();
      await untilMetric(gateway, USE, SITE, 0);
    }
    upstream.answer((_, connection) => connection.send(response("ok")));
    expect(await statusOf(gateway.port)).toBe(200);
  });

  test("when the tunnel ends, not when it begins", async () => {
    await using echo = startEcho();
    await using gateway = await startGateway(yaml(echo.url, "{ limit: 1 }"));
    const socket = await openWebSocket(gateway.port);
    expect((await metricsOf(gateway)).value(USE, SITE)).toBe(1);
    expect(await statusOf(gateway.port)).toBe(503);
    socket.close();
    await untilMetric(gateway, USE, SITE, 0);
  });
});

/** Statuses of so many requests at once. */
function ask(port: number, count: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, () => statusOf(port)));
}

/** A service that answers when it is told to. */
function startSlow() {
  let gate = Promise.withResolvers<void>();
  const upstream = startUpstream(async (_, connection) => {
    await gate.promise;
    await connection.send(response("ok"));
  });
  return {
    upstream,
    /** Answers all that wait, and makes those wait that are to come. */
    answer() {
      gate.resolve();
      gate = Promise.withResolvers();
    },
    [Symbol.dispose]: () => upstream[Symbol.dispose](),
  };
}

describe("over Redis", () => {
  test("two gateways have the places together, and those of one that dies are free after their lease", async () => {
    await using redis = await startRedis();
    using slow = startSlow();
    const { upstream } = slow;
    const shared = `redis: { url: "${redis.url}", command-timeout: 2s }`;
    const text = yaml(upstream.url, "{ limit: 3, lease: 1s }", shared);
    await using a = await startGateway(text);
    await using b = await startGateway(text);
    const all = Promise.all([ask(a.port, 32), ask(b.port, 32)]);
    await upstream.waitForRequests(3);
    // Two leases later they are held all the same.
    const leaseEnds = async () => Number((await redis.cli("eval", LONGEST_LEASE, "0")) || 0);
    const begun = await leaseEnds();
    await until(async () => (await leaseEnds()) > begun + 2_000, { what: "the leases are renewed" });
    expect(await statusOf(b.port)).toBe(503);
    slow.answer();
    const statuses = (await all).flat();
    expect([countOf(statuses, 200), countOf(statuses, 503)]).toEqual([3, 61]);
    await untilMetric(a, USE, SITE, 0);
    await untilMetric(b, USE, SITE, 0);

    const dying = ask(a.port, 3).catch(() => []);
    await upstream.waitForRequests(6);
    expect(await statusOf(b.port)).toBe(503);
    await a.kill();
    await dying;
    upstream.answer((_, connection) => connection.send(response("ok")));
    await until(async () => (await statusOf(b.port)) === 200, { what: "the places of the dead are free" });
  }, 60_000);

  test("a request waits for a place that another gateway has", async () => {
    await using redis = await startRedis();
    using slow = startSlow();
    const shared = `redis: { url: "${redis.url}", command-timeout: 2s }`;
    const text = yaml(slow.upstream.url, "{ limit: 1, wait: 10s }", shared);
    await using a = await startGateway(text);
    await using b = await startGateway(text);
    const first = statusOf(a.port);
    await slow.upstream.waitForRequests(1);
    const second = statusOf(b.port);
    await untilMetric(b, "sluice_plugin_concurrency_limit_waiting", SITE, 1);
    slow.answer();
    expect(await first).toBe(200);
    await slow.upstream.waitForRequests(2);
    slow.answer();
    expect(await second).toBe(200);
  });

  const faults: readonly [string, (redis: RedisServer) => unknown, (redis: RedisServer) => unknown][] = [
    ["is killed", (redis) => redis.kill(), (redis) => redis.restart()],
    ["hangs", (redis) => redis.hang(), (redis) => redis.resume()],
  ];
  test.each(faults)(
    "each gateway does as it is told while Redis %s",
    async (_, begin, end) => {
      await using redis = await startRedis();
      using slow = startSlow();
      const { upstream } = slow;
      const text = (failure: string) =>
        yaml(upstream.url, `{ limit: 2, store-failure: ${failure} }`, `redis: { url: "${redis.url}" }`);
      await using local = await startGateway(text("local"));
      await using allow = await startGateway(text("allow"));
      await using deny = await startGateway(text("deny"));
      await begin(redis);
      const startedAt = performance.now();
      expect(await statusOf(deny.port)).toBe(503);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      const held = Promise.all([ask(local.port, 5), ask(allow.port, 5)]);
      await upstream.waitForRequests(7);
      await untilMetric(local, REQUESTS, { route: "r", decision: "refused" }, 3);
      slow.answer();
      const [ofLocal, ofAllow] = await held;
      expect([countOf(ofLocal, 200), countOf(ofLocal, 503), countOf(ofAllow, 200)]).toEqual([2, 3, 5]);
      await untilMetric(local, USE, SITE, 0);
      await end(redis);
      upstream.answer((_, connection) => connection.send(response("ok")));
      await until(async () => (await statusOf(deny.port)) === 200, { timeout: 15_000, what: "Redis is back" });
      const isFree = async () => (await redis.cli("keys", "*lease*")) === "";
      await until(isFree, { what: "no place is held for nobody" });
    },
    60_000,
  );
});

const REQUESTS = "sluice_plugin_concurrency_limit_requests_total";

/** The ms since 1970 at which the last of the leases would end. */
const LONGEST_LEASE = `
local ends = 0
for _, key in ipairs(redis.call('KEYS', '*lease*')) do
  ends = math.max(ends, tonumber(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2] or '0'))
end
return string.format('%.0f', ends)`;
