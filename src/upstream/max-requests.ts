import type { ServiceConfig } from "../config/schema.ts";
import { contextKey } from "../context.ts";
import { GatewayError } from "../errors.ts";
import { Episode } from "../observe/episode.ts";
import type { Logger } from "../observe/logger.ts";
import { CORE } from "../observe/metrics/core.ts";
import type { MetricsRegistry } from "../observe/metrics/registry.ts";
import type { Phases } from "../plugin.ts";

/** What outlives a reload, as far as it is needed here. */
export interface BulkheadLasting {
  readonly log: Logger;
  readonly metrics: MetricsRegistry;
  state<T>(key: string, create: () => T): T;
}

/** After this long without a refusal the log says that it is over. */
const QUIET_MS = 5_000;
const COUNTED = contextKey<true>("the request counts for its service's max-requests");
const FULL = {
  detail: "Too many requests to the service are under way",
  headers: { "retry-after": "1" },
};

/** Requests of a service that are under way, and how many were refused; it outlives reloads. */
class Bulkhead {
  inFlight = 0;
  refused = 0;
}

/**
 * Bounds the requests of a service that are under way in this process, whatever they wait for, from before the first phase to
 * their end: so one service cannot take the memory of all. Undefined without `max-requests`.
 */
export function bulkheadOf(name: string, config: ServiceConfig, lasting: BulkheadLasting): Phases | undefined {
  const limit = config["max-requests"];
  if (limit === 0) return undefined;
  const { log, metrics, state } = lasting;
  const bulkhead = state(`max-requests ${name}`, () => new Bulkhead());
  const episode = state(`max-requests episode ${name}`, () => {
    const onBegin = () => log.warn("a service has max-requests under way: more are refused", { service: name, limit });
    const onEnd = (refused: number) => log.info("a service takes all requests again", { service: name, refused });
    return new Episode({ quietMs: QUIET_MS, onBegin, onEnd });
  });
  const inFlight = metrics.gauge(CORE.serviceInFlight).with(name);
  const refused = metrics.counter(CORE.serviceRefused).with(name);
  return {
    request(ctx) {
      if (bulkhead.inFlight >= limit) {
        bulkhead.refused++;
        refused.inc();
        episode.note();
        throw new GatewayError("overloaded", FULL);
      }
      bulkhead.inFlight++;
      inFlight.inc();
      ctx.set(COUNTED, true);
      return undefined;
    },
    log(ctx) {
      if (ctx.get(COUNTED) !== true) return;
      bulkhead.inFlight--;
      inFlight.dec();
    },
    limiter: () => {
      return {
        plugin: "max-requests",
        site: `service ${name}`,
        limit,
        inFlight: bulkhead.inFlight,
        refused: bulkhead.refused,
      };
    },
  };
}
