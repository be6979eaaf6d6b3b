import { afterAll, beforeAll } from "bun:test";
import { type RedisClusterSet, startCluster } from "../support/redis-sets.ts";
import { describeStore } from "./contract.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

let cluster: RedisClusterSet | undefined;
let stores: readonly [TestStore, TestStore] | undefined;

beforeAll(async () => {
  cluster = await startCluster();
  const [first = "", ...others] = cluster.nodes;
  stores = [await openRedisStore({ cluster: [first] }), await openRedisStore({ cluster: [...others] })];
}, 60_000);

afterAll(async () => {
  await Promise.all((stores ?? []).map((store) => store.close()));
  await cluster?.[Symbol.asyncDispose]();
});

describeStore("the store in a Cluster", { stores: opened, pass: Bun.sleep });

async function opened(): Promise<readonly [TestStore, TestStore]> {
  if (stores === undefined) throw new Error("the stores are not open");
  return stores;
}
