import { describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { untilMetric } from "../support/metrics.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

/** What a request may wait for a store that does not answer is 500 ms; the rest is a busy machine's. */
const MOST_MS = 2_500;

const yaml = (redisUrl: string) => `
redis: { url: "${redisUrl}", command-timeout: 500ms }
routes:
  - { name: local, path: /local, plugins: { rate-limit: { limit: 30/10d, key: global, algorithm: fixed-window }, respond: { status: 200 } } }
  - { name: allow, path: /allow, plugins: { rate-limit: { limit: 1/10d, key: global, store-failure: allow }, respond: { status: 200 } } }
  - { name: deny, path: /deny, plugins: { rate-limit: { limit: 30/10d, key: global, store-failure: deny }, respond: { status: 200 } } }
`;

interface Answer {
  readonly status: number;
  /** What is left, as the reply tells; NaN if it does not. */
  readonly left: number;
  readonly ms: number;
}

async function ask({ port }: GatewayProcess, path: string): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/${path}`);
  await response.arrayBuffer();
  const ms = performance.now() - startedAt;
  return { status: response.status, left: Number(/r=(\d+)/.exec(response.headers.get("ratelimit") ?? "")?.[1]), ms };
}

const FAULTS: readonly [string, (redis: RedisServer) => unknown, (redis: RedisServer) => unknown][] = [
  ["is killed", (redis) => redis.kill(), (redis) => redis.restart()],
  ["hangs", (redis) => redis.hang(), (redis) => redis.resume()],
  ["is slow", (redis) => void redis.cli("debug", "sleep", "4").catch(() => {}), () => {}],
  [
    "has no room",
    (redis) => redis.cli("config", "set", "maxmemory", "1"),
    (redis) => redis.cli("config", "set", "maxmemory", "0"),
  ],
];

describe.each(FAULTS)("while Redis %s", (what, begin, end) => {
  test("each policy holds at once, nobody waits long, and it is counted together again afterwards", async () => {
    await using redis = await startRedis();
    await using gateway = await startGateway(yaml(redis.url));
    await until(async () => (await ask(gateway, "allow")).status === 429, { what: "the store is in use" });
    for (let left = 29; left >= 20; left--) expect((await ask(gateway, "local")).left).toBe(left);
    await begin(redis);
    if (what === "is slow" || what === "hangs") {
      // What is on its way to a Redis that hangs is counted when it goes on: here, only what asks before it is noticed.
      const isNoticed = ({ status, ms }: Answer) => status === 503 && ms < 50;
      await until(async () => isNoticed(await ask(gateway, "deny")), { what: "it is noticed" });
    }

    const local = await Promise.all(Array.from({ length: 40 }, () => ask(gateway, "local")));
    expect(local.filter(({ status }) => status === 200)).toHaveLength(30);
    expect(local.filter(({ status }) => status === 429)).toHaveLength(10);
    const others = await Promise.all([ask(gateway, "allow"), ask(gateway, "allow"), ask(gateway, "deny")]);
    // A Redis without room still knows what is used up.
    const allowed = what === "has no room" ? 429 : 200;
    expect(others.map(({ status }) => status)).toEqual([allowed, allowed, 503]);
    expect(Math.max(...[...local, ...others].map(({ ms }) => ms))).toBeLessThan(MOST_MS);
    await untilMetric(gateway, "sluice_plugin_rate_limit_fallbacks_total", { route: "local" }, 40);

    await end(redis);
    await until(async () => (await ask(gateway, "deny")).status === 200, {
      timeout: 15_000,
      what: "the store is back",
    });
    // What was counted before is there, unless it died with Redis.
    const { status, left } = await ask(gateway, "local");
    expect([status, left]).toEqual([200, what === "is killed" ? 29 : 19]);
  }, 60_000);
});
