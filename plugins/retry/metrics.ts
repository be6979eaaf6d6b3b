import type { CounterSeries, PluginMetrics } from "../../src/plugin.ts";
import type { Budget } from "./budget.ts";

/** What is counted for a service. */
export interface RetryMetrics {
  /** Retries for that reason: a condition, or a status. */
  retries(reason: string): CounterSeries;
  /** Retries that the budget had no place for. */
  readonly refused: CounterSeries;
  /** Second tries that were begun beside a slow first, and those that were the answer. */
  readonly hedges: CounterSeries;
  readonly hedgesWon: CounterSeries;
}

export function createMetrics(metrics: PluginMetrics, service: string): RetryMetrics {
  const labels = ["service"] as const;
  const retries = metrics.counter({
    name: "retries_total",
    help: "Requests sent again, by the condition or status that was the reason.",
    labels: ["service", "reason"],
  });
  const one = (name: string, help: string) => metrics.counter({ name, help, labels }).with(service);
  return {
    retries: (reason) => retries.with(service, reason),
    refused: one("refused_total", "Retries and hedges that the budget had no place for."),
    hedges: one("hedges_total", "Second tries beside a slow first."),
    hedgesWon: one("hedges_won_total", "Second tries whose reply was the answer."),
  };
}

/** What the budget of a service goes by, told as long as there is one. */
export function watchBudget(metrics: PluginMetrics, service: string, budget: Budget): void {
  const labels = ["service"] as const;
  const read = (name: string, help: string, value: () => number) =>
    metrics.gauge({ name, help, labels }).with(service).collect(value);
  read("budget_requests", "Requests of the last second, by which retries are allowed.", () => budget.requests);
  read("budget_retries", "Retries and hedges of the last second that have taken a place.", () => budget.retries);
}
