import type { CounterSeries, PluginMetrics } from "../../src/plugin.ts";

type Result = "valid" | "none" | "unknown" | "expired" | "revoked" | "scope";

/** What is counted: requests by what became of their key; `scope`: it is valid, and has not the scopes that are needed. */
export type KeyMetrics = Readonly<Record<Result, CounterSeries>>;

export function createMetrics(metrics: PluginMetrics): KeyMetrics {
  const requests = metrics.counter({
    name: "requests_total",
    help: "Requests by what became of their key.",
    labels: ["result"],
  });
  return {
    valid: requests.with("valid"),
    none: requests.with("none"),
    unknown: requests.with("unknown"),
    expired: requests.with("expired"),
    revoked: requests.with("revoked"),
    scope: requests.with("scope"),
  };
}
