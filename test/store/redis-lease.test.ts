import { expect, test } from "bun:test";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { reasonOf } from "./reason.ts";
import { openRedisStore } from "./redis-store.ts";

test("a place that is given too late is given back", async () => {
  await using redis = await startRedis();
  await using shared = await openRedisStore({ url: redis.url, "command-timeout": 1_000 });
  const store = shared.of("plugin");
  const options = { limit: 2, leaseMs: 60_000 };
  await (await store.lease("k", options))?.release();
  redis.hang();
  const asked = [store.lease("k", options), store.lease("k", options)];
  expect(await Promise.all(asked.map(reasonOf))).toEqual(["timeout", "timeout"]);
  redis.resume();
  await until(async () => (await store.leased("k").catch(() => 9)) === 0, { what: "all places are free" });
  expect(await redis.cli("keys", "*")).toBe("");
});
