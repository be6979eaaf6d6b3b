import { CidrSet, definePlugin } from "../../src/plugin.ts";
import { describe } from "./describe.ts";
import { explainCache } from "./explain.ts";
import type { Keys } from "./keys.ts";
import { createMetrics, watchMemory } from "./metrics.ts";
import { type CacheOptions, Options } from "./options.ts";
import { compileBypass, compileOwnKey } from "./own-key.ts";
import { addEndpoint } from "./purge/endpoint.ts";
import { cachedHandler } from "./route-cache.ts";
import type { RouteParts } from "./route-parts.ts";
import type { RulesPolicy } from "./rules/policy.ts";
import { createShared } from "./shared.ts";
import { compileUrlKey } from "./url-key.ts";

/** Answers from stored replies as a shared cache may (RFC 9111), and asks the service once for all who ask the same. */
export default definePlugin({
  name: "cache",
  description: "A shared HTTP cache (RFC 9111): answers from stored replies, and asks once for all who ask the same.",
  options: Options,
  describe,
  setup(options, scope) {
    if (options.store !== "memory" && scope.store.takeNow !== undefined) {
      throw new Error(`store: ${options.store} needs a Redis: set redis.url`);
    }
    const shared = scope.state("shared", () => {
      const created = createShared(scope);
      watchMemory(scope.metrics, created.memory);
      return created;
    });
    if (options.store !== "memory") shared.tier.isUsed = true;
    const { key } = options;
    const queryText = JSON.stringify(key.query ?? null);
    const place = { route: scope.route, service: scope.service };
    const keys: Keys = {
      urlKey: shared.urlKeys.take(queryText, () => compileUrlKey(key.query)),
      ownKey: compileOwnKey(key, place),
      isBypassed: compileBypass(options.bypass, place),
      purgers: options["purge-from"].length === 0 ? undefined : new CidrSet(options["purge-from"]),
      owner: JSON.stringify([scope.route?.name ?? "", scope.service ?? ""]),
    };
    const parts: RouteParts = {
      shared,
      policy: policyOf(options),
      tier: options.store === "memory" ? undefined : shared.tier,
      keepsInMemory: options.store !== "redis",
      maxObject: Math.min(options["max-object"], shared.memory.longest),
      metrics: createMetrics(scope.metrics, scope.route?.name ?? ""),
      log: scope.log,
      now: scope.now,
    };
    addEndpoint(scope, shared.purging);
    scope.signal.addEventListener("abort", () => shared.urlKeys.drop(queryText), { once: true });
    return { cache: (next) => cachedHandler(keys, parts, next), explain: (ctx) => explainCache(ctx, keys) };
  },
});

/** Statuses that one `ttl` is for: good replies, and redirects that last. */
const ONE_TTL = new Set([200, 203, 204, 300, 301, 308]);

function policyOf(options: CacheOptions): RulesPolicy {
  return {
    ttlOf: ttlFunction(options.ttl),
    heuristic: { fraction: options.heuristic.fraction, maxMs: options.heuristic.max },
    staleWhileRevalidateMs: options["stale-while-revalidate"],
    staleIfErrorMs: options["stale-if-error"],
    isKeyedByPrincipal: options.key.principal,
    storesCookies: options["set-cookie"],
  };
}

function ttlFunction(ttl: CacheOptions["ttl"]): RulesPolicy["ttlOf"] {
  if (ttl === undefined) return () => undefined;
  if (typeof ttl === "number") return (status) => (ONE_TTL.has(status) ? ttl : undefined);
  const byStatus = new Map(Object.entries(ttl).map(([status, ms]) => [Number(status), ms]));
  return (status) => byStatus.get(status);
}
