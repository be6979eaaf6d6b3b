import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type LimitPolicy, limitPolicy } from "../../src/store/limit.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { reasonOf } from "./reason.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

const DAY_MS = 86_400_000;
const few: LimitPolicy = limitPolicy({ kind: "fixed-window", limit: 3, windowMs: DAY_MS });
const many: LimitPolicy = limitPolicy({ kind: "gcra", limit: 1_000, windowMs: DAY_MS });

let server: RedisServer;
let shared: TestStore;

beforeAll(async () => {
  server = await startRedis();
  shared = await openRedisStore({ url: server.url });
});

afterAll(async () => {
  await shared[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe("requests that ask limits at the same time", () => {
  test("ask in few scripts", async () => {
    const store = shared.of("few");
    await store.take([{ key: "warm", policy: many }]);
    const before = shared.report();
    await Promise.all(Array.from({ length: 500 }, () => store.take([{ key: "k", policy: many }])));
    const after = shared.report();
    expect(after.calls - before.calls).toBe(500);
    expect((after.latency?.count ?? 0) - (before.latency?.count ?? 0)).toBeLessThanOrEqual(10);
  });

  test("are charged one by one, each with all of its limits or none", async () => {
    const store = shared.of("groups");
    const ask = (i: number) =>
      store.take([
        { key: `own ${i % 7}`, policy: many },
        { key: "all", policy: few, cost: 1 + (i % 2) },
        { key: "forced", policy: many, cost: 2, isForced: true },
      ]);
    const taken = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(i)));
    const passed = taken.filter((all) => all.every(({ allowed }) => allowed));
    // 1 + 2, and then no room for any.
    expect(passed).toHaveLength(2);
    const look = (key: string) => store.take([{ key, policy: many, cost: 0, isForced: true }]);
    const left = await Promise.all(["own 0", "own 1", "own 2", "forced"].map(look));
    expect(left.flat().map(({ remaining }) => remaining)).toEqual([999, 999, 1_000, 996]);
  });

  test("fail by themselves where a key is something else", async () => {
    const store = shared.of("kinds");
    await store.set("limit:{odd}:f86400000", "a text");
    await server.cli("lpush", "sluice:kinds:limit:{list}:f86400000", "1");
    const ask = (key: string) => store.take([{ key, policy: few }]);
    const [first, odd, list, last] = [ask("k"), reasonOf(ask("odd")), reasonOf(ask("list")), ask("k")];
    expect(await odd).toBe("refused");
    expect(await list).toBe("refused");
    expect(shared.report().failures).toEqual({ refused: 2 });
    expect([(await first)[0]?.remaining, (await last)[0]?.remaining]).toEqual([2, 1]);
  });

  test("all know when Redis is not there", async () => {
    await using other = await startRedis();
    await using lone = await openRedisStore({ url: other.url, "command-timeout": 1_000 });
    const store = lone.of("gone");
    await store.take([{ key: "k", policy: few }]);
    other.hang();
    const asked = Array.from({ length: 100 }, () => reasonOf(store.take([{ key: "k", policy: few }])));
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["timeout"]));
    expect(await reasonOf(store.take([{ key: "k", policy: few }]))).toBe("unavailable");
  });
});
