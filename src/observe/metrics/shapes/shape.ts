import type { CounterShape, GaugeShape, HistogramShape } from "../family.ts";

/** A counter without series. */
export function counter<const L extends readonly string[]>(name: string, labels: L, help: string): CounterShape<L> {
  return { type: "counter", name, help, labels };
}

/** A gauge without series; what several processes have together is the sum unless told. */
export function gauge<const L extends readonly string[]>(
  name: string,
  labels: L,
  help: string,
  together: NonNullable<GaugeShape["together"]> = "sum",
): GaugeShape<L> {
  return { type: "gauge", name, help, labels, together };
}

/** A histogram without series. */
export function histogram<const L extends readonly string[]>(
  name: string,
  labels: L,
  bounds: readonly number[],
  help: string,
): HistogramShape<L> {
  return { type: "histogram", name, help, labels, bounds };
}
