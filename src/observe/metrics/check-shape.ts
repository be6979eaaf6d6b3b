import type { Shape } from "./family.ts";

const NAME = /^[a-z][a-z0-9_]*$/;
const LABEL = /^(?!__)[a-z_][a-z0-9_]*$/;
/** Formats put these behind the name of a metric themselves. */
const RESERVED = /_(?:total|bucket|count|sum|created)$/;
/** A bucket is a series: more make a metric that nobody can afford. */
const MOST_BUCKETS = 100;

/** Throws an Error in words if that cannot be a metric. */
export function checkShape(shape: Shape): void {
  const fault = faultOf(shape);
  if (fault !== undefined) throw new Error(`the metric ${JSON.stringify(shape.name)} ${fault}`);
}

function faultOf(shape: Shape): string | undefined {
  const { name, type, labels } = shape;
  if (!NAME.test(name)) return "is not named in snake_case";
  if (type === "counter" && !name.endsWith("_total")) return "is a counter, whose name ends in _total";
  const stem = type === "counter" ? name.slice(0, -"_total".length) : name;
  if (RESERVED.test(stem)) return "has an end that is reserved: _total, _bucket, _count, _sum and _created";
  const label = labels.find((one) => !LABEL.test(one));
  if (label !== undefined) return `has the label ${JSON.stringify(label)}, which is not in snake_case`;
  if (new Set(labels).size < labels.length) return "has a label twice";
  return type === "histogram" ? histogramFault(labels, shape.bounds) : undefined;
}

function histogramFault(labels: readonly string[], bounds: readonly number[]): string | undefined {
  if (labels.includes("le")) return "has the label le, which is that of its buckets";
  if (bounds.length === 0 || bounds.length > MOST_BUCKETS) return `needs 1 to ${MOST_BUCKETS} bounds`;
  const isRising = bounds.every((bound, i) => Number.isFinite(bound) && bound > (bounds[i - 1] ?? -Infinity));
  return isRising ? undefined : "has bounds that do not rise";
}
