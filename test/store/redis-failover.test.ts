import { afterAll, beforeAll, expect, test } from "bun:test";
import { limitPolicy } from "../../src/store/limit.ts";
import { type RedisSentinelSet, startSentinels } from "../support/redis-sets.ts";
import { until } from "../support/until.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

const POLICY = limitPolicy({ kind: "fixed-window", limit: 1_000, windowMs: 86_400_000 });

let set: RedisSentinelSet;
let shared: TestStore;

beforeAll(async () => {
  set = await startSentinels();
  const sentinel = { master: set.name, nodes: [...set.nodes] };
  shared = await openRedisStore({ sentinel, "command-timeout": 2_000, "connect-timeout": 1_000 });
}, 60_000);

afterAll(async () => {
  await shared.close();
  await set[Symbol.asyncDispose]();
});

test("after a failover the store goes on with the new master, and with what was replicated", async () => {
  const store = shared.of("test");
  let opens = 0;
  store.subscribe("news", { onMessage: () => {}, onOpen: () => opens++ });
  await until(() => opens === 1);
  const take = async () => (await store.take([{ key: "u", policy: POLICY }]))[0]?.remaining;
  expect(await take()).toBe(999);
  await until(async () => (await set.replica.cli("dbsize")) === "1");
  await set.master.kill();
  const remaining = await until(() => take().catch(() => undefined), { timeout: 40_000 });
  // A take whose answer came too late counts, too.
  expect(remaining).toBeLessThanOrEqual(998);
  expect(await set.replica.cli("role")).toStartWith("master");
  await until(() => opens >= 2, { timeout: 15_000 });
  expect(shared.report()).toMatchObject({ mode: "sentinel", state: "up" });
}, 120_000);
