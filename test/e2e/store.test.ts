import { expect, test } from "bun:test";
import { startGateway } from "../support/gateway.ts";
import { startRedis } from "../support/redis.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/until.ts";

const PLUGIN = `
import { definePlugin, GatewayError, limitPolicy, Reply, StoreError, Type } from "sluice/plugin";
export default definePlugin({
  name: "counted",
  description: "Lets twenty pass.",
  answers: true,
  options: Type.Object({}),
  setup(_, scope) {
    const { store } = scope;
    const policy = limitPolicy({ kind: "fixed-window", limit: 20, windowMs: 86_400_000 });
    return {
      async limit() {
        try {
          const [taken] = await store.take([{ key: "all", policy }]);
          return Reply.text(taken.allowed ? 200 : 429, "");
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          throw new GatewayError("store_unavailable", { cause: error });
        }
      },
    };
  },
});
`;

const yaml = (redis: string) => `redis: ${redis}\nroutes: [{ path: /, plugins: { ./counted.ts: {} } }]\n`;

test("two gateways share one limit exactly, and serve on while Redis is away", async () => {
  await using redis = await startRedis();
  using folder = tempFolder();
  folder.write("a/counted.ts", PLUGIN);
  folder.write("b/counted.ts", PLUGIN);
  const text = yaml(`{ url: "${redis.url}", command-timeout: 2s }`);
  await using a = await startGateway(text, { folder: folder.file("a") });
  await using b = await startGateway(text, { folder: folder.file("b") });
  const ask = async (i: number) => (await fetch(`http://127.0.0.1:${i % 2 ? a.port : b.port}/`)).status;
  const statuses = await Promise.all(Array.from({ length: 64 }, (_, i) => ask(i)));
  expect(statuses.filter((status) => status === 200)).toHaveLength(20);
  expect(statuses.filter((status) => status === 429)).toHaveLength(44);

  const admin = async (path: string) => await fetch(`http://127.0.0.1:${a.adminPort}${path}`);
  expect(await (await admin("/health/ready")).json()).toEqual({ status: "ready", store: "up" });
  await redis.kill();
  await a.waitForLog(({ msg }) => msg === "Redis does not answer");
  expect(await ask(1)).toBe(503);
  const ready = await admin("/health/ready");
  expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", store: "down" }]);
  const report = await (await admin("/api/store")).text();
  expect(JSON.parse(report)).toMatchObject({ kind: "redis", mode: "single", state: "down", inFlight: 0 });
  expect(report).not.toContain(String(redis.port));
  expect(await (await admin("/metrics")).text()).toContain('sluice_store_up{kind="redis"} 0');
  await redis.restart();
  await until(async () => (await ask(1)) === 200);
  expect([await a.stop(), await b.stop()]).toEqual([0, 0]);
});

test("without Redis the store is the gateway's own", async () => {
  using folder = tempFolder();
  folder.write("counted.ts", PLUGIN);
  await using gateway = await startGateway(yaml('{ url: "" }'), {
    folder: folder.path,
  });
  const ask = async () => (await fetch(`http://127.0.0.1:${gateway.port}/`)).status;
  const statuses = await Promise.all(Array.from({ length: 30 }, ask));
  expect(statuses.filter((status) => status === 200)).toHaveLength(20);
  const report = await fetch(`http://127.0.0.1:${gateway.adminPort}/api/store`);
  expect(await report.json()).toMatchObject({ kind: "memory", state: "up", entries: 1, calls: 30 });
  expect(await gateway.stop()).toBe(0);
});

test("workers share Redis; without it each counts by itself, and says so", async () => {
  await using redis = await startRedis();
  using folder = tempFolder();
  folder.write("counted.ts", PLUGIN);
  const listen = "listen: { host: 127.0.0.1, port: 0, workers: 2 }\n";
  const statusesOf = async (port: number) => {
    const fresh = { headers: { connection: "close" } };
    const all = Array.from({ length: 64 }, async () => (await fetch(`http://127.0.0.1:${port}/`, fresh)).status);
    return (await Promise.all(all)).filter((status) => status === 200).length;
  };
  const reportOf = async (port: number) => await (await fetch(`http://127.0.0.1:${port}/api/store`)).json();
  {
    await using gateway = await startGateway(`${listen}${yaml(`{ url: "${redis.url}", command-timeout: 2s }`)}`, {
      folder: folder.path,
    });
    expect(await statusesOf(gateway.port)).toBe(20);
    expect(await reportOf(gateway.adminPort)).toMatchObject({ kind: "redis", state: "up", calls: 64 });
    expect(gateway.logs.some(({ msg }) => msg?.startsWith("each worker has a store"))).toBe(false);
    expect(await gateway.stop()).toBe(0);
  }
  await using gateway = await startGateway(`${listen}${yaml("{}")}`, { folder: folder.path });
  await gateway.waitForLog(({ msg }) => msg === "each worker has a store of its own: set redis to share it");
  expect(await statusesOf(gateway.port)).toBeGreaterThanOrEqual(20);
  expect(await reportOf(gateway.adminPort)).toMatchObject({ kind: "memory", state: "up", calls: 64 });
  expect(await gateway.stop()).toBe(0);
}, 60_000);
