import type { CounterSeries, PluginMetrics } from "../../src/plugin.ts";
import type { Memory } from "./memory.ts";

/** What became of a request. */
export type Result = (typeof RESULTS)[number];

const RESULTS = ["hit", "stale", "revalidated", "collapsed", "expired", "miss", "bypass"] as const;

export interface CacheMetrics {
  count(result: Result): void;
}

/** The metrics of a route. */
export function createMetrics(metrics: PluginMetrics, route: string): CacheMetrics {
  const requests = metrics.counter({
    name: "requests_total",
    help: "Requests, by what the cache did with them.",
    labels: ["route", "result"],
  });
  const series = new Map<Result, CounterSeries>(RESULTS.map((result) => [result, requests.with(route, result)]));
  return { count: (result) => series.get(result)?.inc() };
}

/** The metrics of what is in memory, once for all routes. */
export function watchMemory(metrics: PluginMetrics, memory: Pick<Memory, "bytes" | "size" | "evicted">): void {
  const read = (name: string, help: string, value: () => number) => metrics.gauge({ name, help }).with().collect(value);
  read("memory_bytes", "Memory of stored replies, as it is reckoned.", () => memory.bytes);
  read("memory_urls", "URLs that replies are stored for.", () => memory.size);
  read("memory_evictions", "URLs that have left for want of room since the start.", () => memory.evicted);
}
