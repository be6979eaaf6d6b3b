import type { CounterSeries, GaugeSeries, PluginMetrics } from "../../src/plugin.ts";

/** Why a request was not copied: too many copies under way, a body that is too long, or one that never became whole. */
export type SkipReason = "busy" | "body";

/** What is counted for the service that gets the copies. */
export interface MirrorMetrics {
  readonly sent: CounterSeries;
  readonly failed: CounterSeries;
  readonly inFlight: GaugeSeries;
  skipped(reason: SkipReason): void;
}

export function createMetrics(metrics: PluginMetrics, service: string): MirrorMetrics {
  const labels = ["service"] as const;
  const sent = metrics.counter({ name: "copies_total", help: "Copies that were sent.", labels });
  const failed = metrics.counter({ name: "failed_total", help: "Copies that got no whole reply.", labels });
  const inFlight = metrics.gauge({ name: "in_flight", help: "Copies under way.", labels });
  const skipped = metrics.counter({
    name: "skipped_total",
    help: "Requests that were not copied though it was their turn, by reason: busy, body.",
    labels: ["service", "reason"],
  });
  return {
    sent: sent.with(service),
    failed: failed.with(service),
    inFlight: inFlight.with(service),
    skipped: (reason) => skipped.with(service, reason).inc(),
  };
}
