import type { Counter } from "./counter.ts";
import type { CounterShape, GaugeShape, HistogramShape } from "./family.ts";
import type { Gauge } from "./gauge.ts";
import { type Histogram, LATENCY_SECONDS } from "./histogram.ts";
import type { MetricsRegistry } from "./registry.ts";

type Labels = readonly string[];
/** What a plugin says of a metric: no label, and the bounds of durations, where it says nothing. */
type Wanted<S extends { readonly labels: Labels }> = Pick<Partial<S>, "labels"> & Omit<S, "type" | "labels" | "bounds">;

/**
 * Metrics of a plugin, under `sluice_plugin_NAME_`; they outlive reloads. One that is asked for again is the same one; in
 * another form, or with a name that cannot be one, it throws an Error. Each has at most 1,000 series: what comes beyond is
 * counted together, under `_other`.
 */
export interface PluginMetrics {
  /** Something that only grows; its name ends in `_total`. */
  counter<const L extends Labels = readonly []>(wanted: Wanted<CounterShape<L>>): Counter<L>;
  /** Something that is as large as it is at the moment. */
  gauge<const L extends Labels = readonly []>(wanted: Wanted<GaugeShape<L>>): Gauge<L>;
  /** How values are distributed; the bounds are those of durations in seconds unless told. */
  histogram<const L extends Labels = readonly []>(
    wanted: Wanted<HistogramShape<L>> & { readonly bounds?: readonly number[] },
  ): Histogram<L>;
}

/** The prefix of all metrics of a plugin. */
export function pluginPrefix(plugin: string): string {
  return `sluice_plugin_${plugin.toLowerCase().replace(/[^a-z0-9]/g, "_")}_`;
}

/** The metrics of that plugin in a registry. */
export function pluginMetrics(registry: MetricsRegistry, plugin: string): PluginMetrics {
  const prefix = pluginPrefix(plugin);
  return {
    counter: <const L extends Labels = readonly []>({ name, help, labels }: Wanted<CounterShape<L>>) =>
      registry.counter<L>({ type: "counter", name: prefix + name, help, labels: orNone(labels) }),
    gauge: <const L extends Labels = readonly []>({ name, help, labels, together = "sum" }: Wanted<GaugeShape<L>>) =>
      registry.gauge<L>({ type: "gauge", name: prefix + name, help, labels: orNone(labels), together }),
    histogram: ({ name, help, labels, bounds = LATENCY_SECONDS }) =>
      registry.histogram({ type: "histogram", name: prefix + name, help, labels: orNone(labels), bounds }),
  };
}

/** Left out, `L` is that of no labels. */
function orNone<L extends Labels>(labels: L | undefined): L {
  return labels ?? (NONE as Labels as L);
}

const NONE = [] as const;
