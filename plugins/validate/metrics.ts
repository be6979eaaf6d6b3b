import type { CounterSeries, DriftKind, PluginMetrics } from "../../src/plugin.ts";

/** How a check ended; `unchecked`: there is no document, it says nothing of it, or the body is too large or encoded. */
export type Result = "valid" | "invalid" | "unchecked";

export interface ValidateMetrics {
  requests(result: Result): CounterSeries;
  responses(result: Result): CounterSeries;
  drift(kind: DriftKind): CounterSeries;
}

export function createMetrics(metrics: PluginMetrics, route: string, service: string): ValidateMetrics {
  const requests = metrics.counter({
    name: "requests_total",
    help: "Requests that were held against the document, by result: valid, invalid, unchecked.",
    labels: ["route", "result"],
  });
  const responses = metrics.counter({
    name: "responses_total",
    help: "Replies that were held against the document, by result: valid, invalid, unchecked.",
    labels: ["route", "result"],
  });
  const drift = metrics.counter({
    name: "drift_total",
    help: "Sightings of what the document does not have, by kind: path, method, parameter, status.",
    labels: ["service", "kind"],
  });
  const series = <K extends string, V>(keys: readonly K[], make: (key: K) => V) => {
    const made = new Map(keys.map((key) => [key, make(key)]));
    return (key: K) => made.get(key) ?? make(key);
  };
  const results = ["valid", "invalid", "unchecked"] as const;
  return {
    requests: series(results, (result) => requests.with(route, result)),
    responses: series(results, (result) => responses.with(route, result)),
    drift: series(["path", "method", "parameter", "status"] as const, (kind) => drift.with(service, kind)),
  };
}
