import { expect, test } from "bun:test";
import { statusOf } from "../support/ask.ts";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

const yaml = (redisUrl: string) => `
redis: { url: "${redisUrl}", command-timeout: 2s }
routes:
  - { name: a, path: /a, plugins: { quota: { month: 50, key: global }, respond: { status: 200 } } }
  - { name: b, path: /b, plugins: { quota: { day: 50, key: global, store-failure: deny }, respond: { status: 200 } } }
`;

async function used({ adminPort }: GatewayProcess): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/api/usage?quota=route+a`);
  const { quotas } = (await response.json()) as { quotas: { usage: { used: number }[] }[] };
  return quotas[0]?.usage[0]?.used;
}

test("gateways share a quota exactly, also after a restart, and count later what Redis has missed", async () => {
  await using redis = await startRedis();
  await using a = await startGateway(yaml(redis.url));
  let b = await startGateway(yaml(redis.url));
  try {
    const all = await Promise.all(Array.from({ length: 64 }, (_, i) => statusOf((i % 2 ? a : b).port, "/a")));
    expect(all.filter((status) => status === 200)).toHaveLength(50);
    await until(async () => (await used(a)) === 50, { what: "what was refused is not counted" });
    await b.kill();
    b = await startGateway(yaml(redis.url));
    expect(await statusOf(b.port, "/a")).toBe(429);
    expect((await fetch(`http://127.0.0.1:${b.adminPort}/api/plugins/quota/usage`)).status).toBe(200);

    await redis.kill();
    await until(async () => (await statusOf(a.port, "/b")) === 503, { what: "the gateway has noticed" });
    for (let i = 0; i < 7; i++) expect(await statusOf(a.port, "/a")).toBe(200);
    // It comes back empty.
    await redis.restart();
    await until(async () => (await statusOf(a.port, "/b")) === 200, { timeout: 15_000, what: "the store is back" });
    expect(await statusOf(a.port, "/a")).toBe(200);
    await until(async () => (await used(a)) === 8, { what: "all that was made without Redis is counted" });
  } finally {
    await b.kill();
  }
}, 60_000);

test("without a quota there is no usage", async () => {
  await using gateway = await startGateway("routes: [{ path: /, plugins: { respond: { status: 200 } } }]\n");
  expect((await fetch(`http://127.0.0.1:${gateway.adminPort}/api/usage`)).status).toBe(404);
});
