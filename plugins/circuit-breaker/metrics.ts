import type { CounterSeries, GaugeSeries, PluginMetrics } from "../../src/plugin.ts";
import type { StateName } from "./breaker.ts";

/** What is counted of one breaker. */
export interface BreakerMetrics {
  /** How many breakers are in that state: 1 or 0, and over all workers together. */
  in(state: StateName): GaugeSeries;
  changes(to: StateName): CounterSeries;
  /** Attempts that were kept from the target. */
  readonly refused: CounterSeries;
}

/** @param target of the service; empty for a breaker of all */
export function breakerMetrics(metrics: PluginMetrics, service: string, target: string): BreakerMetrics {
  const states = metrics.gauge({
    name: "state",
    help: "Breakers that are in that state.",
    labels: ["service", "target", "state"],
  });
  const changes = metrics.counter({
    name: "changes_total",
    help: "Changes of state, by the new one.",
    labels: ["service", "target", "state"],
  });
  const refused = metrics.counter({
    name: "refused_total",
    help: "Attempts that were kept from a target.",
    labels: ["service", "target"],
  });
  return {
    in: (state) => states.with(service, target, state),
    changes: (to) => changes.with(service, target, to),
    refused: refused.with(service, target),
  };
}
