import type { CounterSeries, Scope } from "../../src/plugin.ts";
import type { PeriodKind } from "./period.ts";

/** What is counted of one instance. */
export interface QuotaMetrics {
  readonly allowed: CounterSeries;
  readonly refused: CounterSeries;
  /** The store did not answer. */
  readonly uncounted: CounterSeries;
  /** Of the refused, by the period whose quota was used up. */
  refusedBy(period: PeriodKind): CounterSeries;
}

export function createMetrics({ metrics, route }: Pick<Scope, "metrics" | "route">): QuotaMetrics {
  const name = route?.name ?? "";
  const requests = metrics.counter({
    name: "requests_total",
    help: "Requests that were counted, by what became of them: allowed, refused, or uncounted without the store.",
    labels: ["route", "decision"],
  });
  const refusals = metrics.counter({
    name: "refusals_total",
    help: "Requests that a quota was used up for, by its period; of both each counts.",
    labels: ["route", "period"],
  });
  return {
    allowed: requests.with(name, "allowed"),
    refused: requests.with(name, "refused"),
    uncounted: requests.with(name, "uncounted"),
    refusedBy: (period) => refusals.with(name, period),
  };
}
