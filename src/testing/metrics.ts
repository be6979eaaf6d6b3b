import { type Family, seriesKey } from "../observe/metrics/family.ts";
import { pluginPrefix } from "../observe/metrics/plugin.ts";
import type { MetricsRegistry } from "../observe/metrics/registry.ts";

/** The metrics of the plugin under test, by the names that it gave them. Of a series that is not there: undefined. */
export interface TestMetrics {
  /** Of a counter or a gauge. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  /** Of a histogram: how many values it has counted, and their sum. */
  distribution(
    name: string,
    labels?: Readonly<Record<string, string>>,
  ): { readonly count: number; readonly sum: number } | undefined;
}

/** What that plugin has counted in a registry. */
export function readMetrics(registry: MetricsRegistry, plugin: string): TestMetrics {
  const prefix = pluginPrefix(plugin);
  const find = (name: string) => registry.collect().find((family) => family.name === prefix + name);
  return {
    value(name, labels = {}) {
      const family = find(name);
      if (family === undefined || family.type === "histogram") return undefined;
      return seriesOf(family, family.series, labels)?.value;
    },
    distribution(name, labels = {}) {
      const family = find(name);
      if (family?.type !== "histogram") return undefined;
      const series = seriesOf(family, family.series, labels);
      return series && { count: series.counts.reduce((sum, count) => sum + count, 0), sum: series.sum };
    },
  };
}

function seriesOf<S extends { readonly labels: readonly string[] }>(
  family: Family,
  series: readonly S[],
  labels: Readonly<Record<string, string>>,
): S | undefined {
  const isComplete = Object.keys(labels).length === family.labels.length;
  const key = seriesKey(family.labels.map((label) => labels[label] ?? ""));
  return isComplete ? series.find((one) => seriesKey(one.labels) === key) : undefined;
}
