import type { AnyElysia } from "elysia";
import type { RouteInfo } from "./context.ts";
import type { Logger } from "./observe/logger.ts";
import { pluginMetrics } from "./observe/metrics/plugin.ts";
import type { MetricsRegistry } from "./observe/metrics/registry.ts";
import { driftOf } from "./openapi/drift.ts";
import { knownOperations } from "./openapi/known-operations.ts";
import type { Handler, Scope } from "./plugin.ts";
import type { SharedStore } from "./store/shared.ts";

/** What outlives a reload: lent to plugins through their scope, and to the next snapshot. */
export interface Lasting {
  readonly log: Logger;
  readonly metrics: MetricsRegistry;
  readonly store: SharedStore;
  /** Wall-clock time in ms since 1970. */
  now(): number;
  /** The value under that key, made when it is first asked for. */
  state<T>(key: string, create: () => T): T;
}

/** What is the same for every instance of a plugin in one snapshot. */
export interface ScopeBase {
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly lasting: Lasting;
  /** Sends requests to that service; throws if there is none. */
  toService(service: string): Handler;
  /** Memory that caches may use. */
  readonly cacheBytes: number;
  /** Where a plugin hangs its own admin endpoints. */
  adminOf(plugin: string): AnyElysia;
}

/** A plugin as the configuration writes it, a path for example, and its own name. */
export interface PluginNames {
  readonly key: string;
  readonly name: string;
}

/** The scope of one instance of a plugin. */
export function createScope(
  { key: plugin, name }: PluginNames,
  route: RouteInfo | undefined,
  service: string | undefined,
  site: string,
  { directory, signal, lasting, cacheBytes, toService, adminOf }: ScopeBase,
): Scope {
  const documents = knownOperations(lasting);
  return {
    route,
    service,
    directory,
    signal,
    log: lasting.log.with({ plugin }),
    metrics: pluginMetrics(lasting.metrics, name),
    site,
    cacheBytes,
    now: lasting.now,
    drift: driftOf(lasting),
    toService,
    state: (key, create) => lasting.state(`${plugin}/${key}`, create),
    get store() {
      return lasting.store.of(name);
    },
    get local() {
      return lasting.store.localOf(name);
    },
    get operations() {
      return service === undefined ? undefined : documents.of(service);
    },
    get operationsReady() {
      return service === undefined ? undefined : documents.ready(service);
    },
    get admin() {
      return adminOf(plugin);
    },
  };
}

/** Values that are kept, at most. Each load asks for all that are in use, so it is those of parts long gone that go. */
const MOST_VALUES = 50_000;

/** A map of values made on demand. Each key always has one type: it is the plugin's own. */
export function createState(most = MOST_VALUES): Lasting["state"] {
  const values = new Map<string, unknown>();
  return <T>(key: string, create: () => T): T => {
    const value = values.has(key) ? (values.get(key) as T) : create();
    // The one asked for last is the last to go.
    values.delete(key);
    values.set(key, value);
    if (values.size > most) values.delete(values.keys().next().value ?? "");
    return value;
  };
}
