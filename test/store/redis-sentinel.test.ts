import { afterAll, beforeAll } from "bun:test";
import { type RedisSentinelSet, startSentinels } from "../support/redis-sets.ts";
import { describeStore } from "./contract.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

let set: RedisSentinelSet;
let stores: readonly [TestStore, TestStore];

beforeAll(async () => {
  set = await startSentinels();
  const sentinel = { master: set.name, nodes: [...set.nodes] };
  stores = [await openRedisStore({ sentinel }), await openRedisStore({ sentinel })];
}, 30_000);

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await set[Symbol.asyncDispose]();
});

describeStore("the store of a master that sentinels name", { stores: async () => stores, pass: Bun.sleep });
