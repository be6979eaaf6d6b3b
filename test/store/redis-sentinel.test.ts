import { afterAll, beforeAll } from "bun:test";
import { type RedisSentinelSet, startSentinels } from "../support/redis-sets.ts";
import { describeStore } from "./contract.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

let set: RedisSentinelSet | undefined;
let stores: readonly [TestStore, TestStore] | undefined;

beforeAll(async () => {
  set = await startSentinels({ downAfterMs: 60_000 });
  const sentinel = { master: set.name, nodes: [...set.nodes] };
  stores = [await openRedisStore({ sentinel }), await openRedisStore({ sentinel })];
}, 60_000);

afterAll(async () => {
  await Promise.all((stores ?? []).map((store) => store.close()));
  await set?.[Symbol.asyncDispose]();
});

describeStore("the store of a master that sentinels name", { stores: opened, pass: Bun.sleep });

async function opened(): Promise<readonly [TestStore, TestStore]> {
  if (stores === undefined) throw new Error("the stores are not open");
  return stores;
}
