import type { RedisConfig } from "../config/schema-redis.ts";
import type { Logger } from "../observe/logger.ts";
import { MemoryBackend } from "./memory/backend.ts";
import { type SharedStore, shareStore } from "./shared.ts";
import { createStoreView } from "./view.ts";

export interface OpenStoreOptions {
  /** Wall-clock time in ms since 1970. */
  now(): number;
  readonly log: Logger;
  /** Says that other workers have stores of their own, once for each plugin that uses this one. */
  readonly warnsOfWorkers?: boolean;
}

/** Whether gateways share a store; without it each process has one of its own. */
export function hasRedis({ url, cluster, sentinel }: RedisConfig): boolean {
  return (url !== undefined && url !== "") || cluster !== undefined || sentinel !== undefined;
}

/** The first requests shall find the store there; but a start does not depend on it. */
const START_MS = 1_000;

/** The store of a configuration, when it is there or a second has passed. It need not be up: it connects by itself. Throws Error where a file cannot be read. */
export async function openStore(
  config: RedisConfig,
  { now, log, warnsOfWorkers = false }: OpenStoreOptions,
): Promise<SharedStore> {
  if (!hasRedis(config)) {
    const own = shareStore(new MemoryBackend({ now }), "");
    return warnsOfWorkers ? warning(own, log) : own;
  }
  // The driver takes its time to load: who does not use it does not wait for it.
  const { createRedisBackend } = await import("./redis.ts");
  const backend = createRedisBackend(config, { now, log });
  await backend.opened(START_MS);
  return shareStore(backend, config["key-prefix"]);
}

/** A store of the same kind as the configuration's, but in memory: for those who only look at a configuration. */
export function storeForShow(config: RedisConfig): SharedStore {
  const memory = new MemoryBackend({ now: Date.now });
  const own = shareStore(memory, "");
  return hasRedis(config) ? { ...own, of: (plugin) => createStoreView(memory, `${plugin}:`) } : own;
}

function warning(store: SharedStore, log: Logger): SharedStore {
  const told = new Set<string>();
  return {
    ...store,
    of(plugin) {
      if (!told.has(plugin)) log.warn("each worker has a store of its own: set redis to share it", { plugin });
      told.add(plugin);
      return store.of(plugin);
    },
  };
}
