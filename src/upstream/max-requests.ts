import type { ServiceConfig } from "../config/schema.ts";
import { contextKey } from "../context/key.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import { Episode } from "../observe/episode.ts";
import type { LimiterReport } from "../observe/limiter-report.ts";
import type { Logger } from "../observe/logger.ts";
import { CORE } from "../observe/metrics/core.ts";
import type { GaugeSeries } from "../observe/metrics/gauge.ts";
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
const HELD = contextKey<Places[]>("where the request counts for max-requests");
const FULL = {
  detail: "Too many requests to the service are under way",
  headers: { "retry-after": "1" },
};

/** Requests of a service that are under way, and how many were refused; it outlives reloads. */
class Places {
  inFlight = 0;
  refused = 0;
  /** Of the configuration that has refused last. */
  limit = 0;
  readonly #inFlight: GaugeSeries;

  constructor(inFlight: GaugeSeries) {
    this.#inFlight = inFlight;
  }

  take(count: 1 | -1): void {
    this.inFlight += count;
    this.#inFlight.set(this.inFlight);
  }
}

/** Bounds the requests of a service that are under way in this process, whatever they wait for. */
export interface Bulkhead {
  /** Counts a request until `leaveBulkheads`, once however often it is asked. Throws `overloaded` if there are too many. */
  enter(ctx: Context): void;
  report(): LimiterReport;
}

/** So one service cannot take the memory of all. Undefined without `max-requests`. */
export function bulkheadOf(name: string, config: ServiceConfig, lasting: BulkheadLasting): Bulkhead | undefined {
  const limit = config["max-requests"];
  if (limit === 0) return undefined;
  const { log, metrics, state } = lasting;
  const places = state(`max-requests ${name}`, () => new Places(metrics.gauge(CORE.serviceInFlight).with(name)));
  const episode = state(`max-requests episode ${name}`, () => {
    const onBegin = () => {
      log.warn("a service has max-requests under way: more are refused", { service: name, limit: places.limit });
    };
    const onEnd = (refused: number) => log.info("a service takes all requests again", { service: name, refused });
    return new Episode({ quietMs: QUIET_MS, onBegin, onEnd });
  });
  const refused = metrics.counter(CORE.serviceRefused).with(name);
  return {
    enter(ctx) {
      const held = ctx.get(HELD);
      if (held?.includes(places) === true) return;
      if (places.inFlight >= limit) {
        places.refused++;
        places.limit = limit;
        refused.inc();
        episode.note();
        throw new GatewayError("overloaded", FULL);
      }
      places.take(1);
      if (held === undefined) ctx.set(HELD, [places]);
      else held.push(places);
    },
    report: () => {
      return {
        plugin: "max-requests",
        site: `service ${name}`,
        limit,
        inFlight: places.inFlight,
        refused: places.refused,
      };
    },
  };
}

/** The request is over: it counts for no service any more. */
export function leaveBulkheads(ctx: Context): void {
  const held = ctx.get(HELD);
  if (held === undefined) return;
  for (const places of held) places.take(-1);
  held.length = 0;
}

/** The phase in which a request of a route takes its place. */
export function boundedBy(bulkhead: Bulkhead): Phases {
  return {
    request(ctx) {
      bulkhead.enter(ctx);
      return undefined;
    },
  };
}
