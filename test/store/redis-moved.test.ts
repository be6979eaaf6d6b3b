import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { limitPolicy } from "../../src/store/limit.ts";
import type { Store } from "../../src/store/store.ts";
import { punctually } from "../support/punctual.ts";
import { type RedisClusterSet, startCluster } from "../support/redis-sets.ts";
import { until } from "../support/until.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

const POLICY = limitPolicy({ kind: "fixed-window", limit: 1_000, windowMs: 86_400_000 });
const PATIENT = { timeout: 15_000 };

let cluster: RedisClusterSet;
let shared: TestStore;
let store: Store;

beforeAll(async () => {
  cluster = await startCluster();
  shared = await openRedisStore({ cluster: [...cluster.nodes] });
  store = shared.of("test");
}, 60_000);

afterAll(async () => {
  await shared.close();
  await cluster[Symbol.asyncDispose]();
});

/** Keys whose slots are on each of the three nodes, as the batches show it. */
function keysEverywhere(name: string): readonly string[] {
  return Array.from({ length: 40 }, (_, i) => `${name}-${i}`);
}

describe("in a Cluster", () => {
  test("a slot that moves loses no count and fails no call", async () => {
    const take = async (key: string) => (await store.take([{ key, policy: POLICY }]))[0]?.remaining;
    expect(await take("u")).toBe(999);
    await cluster.moveSlot(`sluice:test:limit:{u}:${POLICY.id}`);
    // In one batch with others, whose slots have not moved.
    const [moved] = await Promise.all([take("u"), ...keysEverywhere("a").map(take)]);
    expect(moved).toBe(998);
    expect(await take("u")).toBe(997);
  });

  test("values are read and written across a move", async () => {
    await store.set("v", "1");
    await cluster.moveSlot("sluice:test:v");
    const [value, many] = await Promise.all([store.get("v"), store.getMany(["v", ...keysEverywhere("b")])]);
    expect([value, many[0]]).toEqual(["1", "1"]);
    expect([...((await store.getBytes("v")) ?? [])]).toEqual([49]);
  });

  test("scripts that are gone from every node come back", async () => {
    await Promise.all(cluster.servers.map((server) => server.cli("script", "flush")));
    const all = await Promise.all(keysEverywhere("c").map((key) => store.take([{ key, policy: POLICY }])));
    expect(all.every(([taken]) => taken?.allowed)).toBe(true);
  });

  test("limits in several places are given back if one refuses", async () => {
    const narrow = limitPolicy({ kind: "gcra", limit: 1, windowMs: 86_400_000 });
    const keys = keysEverywhere("d").slice(0, 5);
    const charges = [...keys.map((key) => ({ key, policy: POLICY })), { key: "narrow", policy: narrow }];
    expect((await store.take(charges)).every(({ allowed }) => allowed)).toBe(true);
    const refused = await store.take(charges);
    expect(refused.map(({ allowed }) => allowed)).toEqual([true, true, true, true, true, false]);
    expect(refused[0]?.remaining).toBe(999);
    const [left] = await store.take([{ key: keys[0] ?? "", policy: POLICY }]);
    expect(left?.remaining).toBe(998);
  });

  test("a node that hangs costs its keys the timeout, others nothing, and is used again", async () => {
    const [, , node] = cluster.servers;
    const keys = keysEverywhere("e");
    await Promise.all(keys.map((key) => store.set(key, "1")));
    await punctually(async () => {
      await using quick = await openRedisStore({ cluster: [...cluster.nodes], "command-timeout": 300 });
      const read = (key: string) =>
        quick
          .of("test")
          .get(key)
          .catch((error) => error.reason);
      const readsAll = async () => (await Promise.all(keys.map(read))).every((value) => value === "1");
      await until(readsAll, PATIENT);
      node?.hang();
      const startedAt = performance.now();
      const results = await Promise.all(keys.map(read));
      const waitedMs = performance.now() - startedAt;
      node?.resume();
      expect(waitedMs).toBeLessThan(900);
      const answered = results.filter((value) => value === "1").length;
      expect(answered).toBeGreaterThan(0);
      expect(answered).toBeLessThan(keys.length);
      await until(readsAll, PATIENT);
    });
  });

  test("a node that is killed and started again is used again", async () => {
    const [, node] = cluster.servers;
    const keys = keysEverywhere("f");
    await node?.kill();
    const write = (key: string) => store.set(key, "1").catch((error) => error.reason);
    const results = await Promise.all(keys.map(write));
    expect(results.filter((result) => result === true).length).toBeGreaterThan(0);
    expect(results.filter((result) => result === "unavailable").length).toBeGreaterThan(0);
    await node?.restart();
    await until(async () => (await Promise.all(keys.map(write))).every((result) => result === true), PATIENT);
  });
});
