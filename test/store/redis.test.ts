import { afterAll, beforeAll } from "bun:test";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeStore } from "./contract.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

let server: RedisServer;
let stores: readonly [TestStore, TestStore];

beforeAll(async () => {
  server = await startRedis();
  stores = [await openRedisStore({ url: server.url }), await openRedisStore({ url: server.url })];
});

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await server[Symbol.asyncDispose]();
});

describeStore("the store in Redis", { stores: async () => stores, pass: Bun.sleep });
