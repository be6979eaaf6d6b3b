import { CORE } from "../observe/metrics/core.ts";
import type { MetricsRegistry } from "../observe/metrics/registry.ts";
import type { ReloadReport } from "./report.ts";

const RESULTS = ["applied", "partial", "failed"] as const;

/** What is counted of reloads; a series for each result is there from the start, so that an alert sees the first one. */
export class ReloadMetrics {
  readonly #results: ReadonlyMap<string, { inc(): void }>;
  readonly #loadedAt: { set(value: number): void };

  constructor(metrics: MetricsRegistry, loadedAt: Date) {
    const reloads = metrics.counter(CORE.reloads);
    this.#results = new Map(RESULTS.map((result) => [result, reloads.with(result)]));
    this.#loadedAt = metrics.gauge(CORE.configLoaded).with();
    this.#loadedAt.set(loadedAt.getTime() / 1_000);
  }

  note({ result }: ReloadReport, loadedAt: Date): void {
    this.#results.get(result)?.inc();
    this.#loadedAt.set(loadedAt.getTime() / 1_000);
  }
}
