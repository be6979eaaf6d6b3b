import type { RedisConfig } from "../../src/config/schema-redis.ts";
import { createNullLogger } from "../../src/observe/log.ts";
import type { Logger } from "../../src/observe/logger.ts";
import { createRedisBackend } from "../../src/store/redis.ts";
import { type SharedStore, shareStore } from "../../src/store/shared.ts";
import { until } from "../support/until.ts";

/** A store under test, closed at the end of the block. */
export type TestStore = SharedStore & AsyncDisposable;

/** The store of a gateway with this section `redis:`, connected; `command-timeout` is 10 s unless told. */
export async function openRedisStore(config: Partial<RedisConfig>): Promise<TestStore> {
  const store = redisStore(config);
  await until(() => store.report().state === "up", {
    what: () => `the store is up: ${JSON.stringify(store.report())}`,
  });
  return store;
}

/** The same, whether it can connect or not. */
export function redisStore(config: Partial<RedisConfig>, log: Logger = createNullLogger()): TestStore {
  const whole = { "key-prefix": "sluice:", "command-timeout": 10_000, "connect-timeout": 10_000, ...config };
  const store = shareStore(createRedisBackend(whole, { now: Date.now, log }), whole["key-prefix"]);
  return { ...store, [Symbol.asyncDispose]: () => store.close() };
}
