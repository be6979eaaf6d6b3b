import { afterAll, beforeAll } from "bun:test";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeStore } from "./contract.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

let server: RedisServer | undefined;
let stores: readonly [TestStore, TestStore] | undefined;

beforeAll(async () => {
  server = await startRedis();
  stores = [await openRedisStore({ url: server.url }), await openRedisStore({ url: server.url })];
});

afterAll(async () => {
  await Promise.all((stores ?? []).map((store) => store.close()));
  await server?.[Symbol.asyncDispose]();
});

describeStore("the store in Redis", { stores: opened, pass: Bun.sleep });

async function opened(): Promise<readonly [TestStore, TestStore]> {
  if (stores === undefined) throw new Error("the stores are not open");
  return stores;
}
