import type { CounterSeries, Scope } from "../../src/plugin.ts";

/** What one instance counts. */
export interface LimitMetrics {
  readonly allowed: CounterSeries;
  readonly refused: CounterSeries;
  /** Of the refused, by the limit that was full: so many names as the configuration has. */
  refusedBy(policy: string): CounterSeries;
  /** Refused before authentication. */
  readonly barred: CounterSeries;
  /** The store did not answer. */
  readonly fallback: CounterSeries;
  /** Nobody could be told of a cost. */
  readonly lost: CounterSeries;
}

export function createMetrics({ metrics, route }: Scope): LimitMetrics {
  const name = route?.name ?? "";
  const requests = metrics.counter({
    name: "requests_total",
    help: "Requests that limits have looked at, by what became of them: allowed, refused, or barred for failed logins.",
    labels: ["route", "decision"],
  });
  const refusals = metrics.counter({
    name: "refusals_total",
    help: "Requests that a limit was full for, by its name; of several each counts.",
    labels: ["route", "policy"],
  });
  const fallback = metrics.counter({
    name: "fallbacks_total",
    help: "Requests for which the store did not answer, so that `store-failure` held.",
    labels: ["route"],
  });
  const lost = metrics.counter({
    name: "lost_costs_total",
    help: "Costs of replies that the store could not be told.",
    labels: ["route"],
  });
  return {
    allowed: requests.with(name, "allowed"),
    refused: requests.with(name, "refused"),
    refusedBy: (policy) => refusals.with(name, policy),
    barred: requests.with(name, "barred"),
    fallback: fallback.with(name),
    lost: lost.with(name),
  };
}
