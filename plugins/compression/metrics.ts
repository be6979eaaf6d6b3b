import type { CounterSeries, PluginMetrics } from "../../src/plugin.ts";
import type { Encoding } from "./options.ts";

/** What is counted. */
export interface CompressionMetrics {
  /** A reply that was compressed: its bytes before and after. */
  count(encoding: Encoding, original: number, compressed: number): void;
  /** Streams that went as they were, because `max-streams` were open. */
  readonly refused: CounterSeries;
}

export function createMetrics(metrics: PluginMetrics): CompressionMetrics {
  const labels = ["encoding"] as const;
  const replies = metrics.counter({ name: "replies_total", help: "Replies that were compressed.", labels });
  const before = metrics.counter({ name: "original_bytes_total", help: "Their bytes as they came.", labels });
  const after = metrics.counter({ name: "compressed_bytes_total", help: "Their bytes as they left.", labels });
  const refused = metrics.counter({
    name: "refused_total",
    help: "Streams that went as they were, because max-streams were open.",
  });
  return {
    count(encoding, original, compressed) {
      replies.with(encoding).inc();
      before.with(encoding).inc(original);
      after.with(encoding).inc(compressed);
    },
    refused: refused.with(),
  };
}
