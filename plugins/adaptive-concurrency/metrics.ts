import type { Scope } from "../../src/plugin.ts";
import type { Limiter, LimiterOptions } from "./limiter.ts";

/** A limiter with what it is known by. */
export interface LimiterUse {
  readonly limiter: Limiter;
  readonly settings: LimiterOptions;
  readonly service: string;
  readonly site: string;
}

/**
 * Gauges of a limiter that many instances share, of this configuration and of the one that it replaces: the first alone
 * tells it.
 *
 * @param shown signals of the configurations that know the limiter, in their order
 */
export function exposeLimiter(
  { limiter, settings, service, site }: LimiterUse,
  { metrics, signal }: Pick<Scope, "metrics" | "signal">,
  shown: Set<AbortSignal>,
): void {
  if (shown.has(signal)) return;
  shown.add(signal);
  signal.addEventListener("abort", () => shown.delete(signal), { once: true });
  const gauge = (name: string, help: string, read: () => number) =>
    metrics
      .gauge({ name, help, labels: ["service", "site"] })
      .with(service, site)
      .collect(() => (shown.values().next().value === signal ? read() : 0), signal);
  gauge("limit", "Attempts that may be under way.", () => limiter.limit(settings));
  gauge("in_flight", "Attempts under way.", () => limiter.inFlight);
  gauge("usual_latency_seconds", "The latency that the limit goes by.", () => limiter.usualMs / 1_000);
}
