import type { Family, HistogramSeries, NumberSeries } from "./family.ts";

/**
 * How metrics are written: as Prometheus text 0.0.4 or OpenMetrics 1.0.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export type TextFormat = "prometheus" | "openmetrics";

/** Their media types. */
export const CONTENT_TYPES: Readonly<Record<TextFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** The families as text. */
export function metricsText(families: readonly Family[], format: TextFormat): string {
  return [...metricsLines(families, format)].join("");
}

/** The families as text, the lines of one series after the other, so that a writer can pause in between. */
export function* metricsLines(families: readonly Family[], format: TextFormat): Generator<string> {
  for (const family of families) {
    if (family.series.length === 0) continue;
    yield head(family, format);
    if (family.type === "histogram") {
      const bounds = family.bounds.map((bound) => boundText(bound, format));
      for (const one of family.series) yield histogram(family, one, bounds);
    } else for (const one of family.series) yield number(family, one);
  }
  if (format === "openmetrics") yield "# EOF\n";
}

/** OpenMetrics names a counter without its ending, and tells units. */
function head({ name, help, type }: Family, format: TextFormat): string {
  if (format === "prometheus") return `# HELP ${name} ${escaped(help, HELP)}\n# TYPE ${name} ${type}\n`;
  const stem = type === "counter" ? name.slice(0, -"_total".length) : name;
  const unit = /_(seconds|bytes)$/.exec(stem)?.[1];
  const unitLine = unit === undefined ? "" : `# UNIT ${stem} ${unit}\n`;
  return `# TYPE ${stem} ${type}\n${unitLine}# HELP ${stem} ${escaped(help, QUOTED)}\n`;
}

function number({ name, labels }: Family, { labels: values, value }: NumberSeries): string {
  return `${name}${braced(labelText(labels, values))} ${value}\n`;
}

function histogram({ name, labels }: Family, series: HistogramSeries, bounds: readonly string[]): string {
  const own = labelText(labels, series.labels);
  const before = own === "" ? "" : `${own},`;
  let text = "";
  let count = 0;
  for (const [i, bound] of bounds.entries()) {
    count += series.counts[i] ?? 0;
    text += `${name}_bucket{${before}le="${bound}"} ${count}\n`;
  }
  count += series.counts[bounds.length] ?? 0;
  text += `${name}_bucket{${before}le="+Inf"} ${count}\n`;
  return `${text}${name}_sum${braced(own)} ${series.sum}\n${name}_count${braced(own)} ${count}\n`;
}

function labelText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, i) => `${name}="${escaped(values[i] ?? "", QUOTED)}"`).join(",");
}

function braced(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

/** OpenMetrics wants every bound to look like a float. */
function boundText(bound: number, format: TextFormat): string {
  return format === "openmetrics" && Number.isInteger(bound) && Math.abs(bound) < 1e21 ? `${bound}.0` : String(bound);
}

const QUOTED = /[\\\n"]/g;
const HELP = /[\\\n]/g;

function escaped(text: string, special: RegExp): string {
  return text.replace(special, (char) => (char === "\n" ? "\\n" : `\\${char}`));
}
