/** What a metric is and how it is told apart: the same for every process that has it. */
interface Described<L extends readonly string[]> {
  /** `snake_case` with its unit at the end, in base units; that of a counter ends in `_total`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** Names of the labels, in the order in which their values are given. */
  readonly labels: L;
}

type Labels = readonly string[];

/** Something that only grows. */
export interface CounterShape<L extends Labels = Labels> extends Described<L> {
  readonly type: "counter";
}

/** Something that is as large as it is at the moment. */
export interface GaugeShape<L extends Labels = Labels> extends Described<L> {
  readonly type: "gauge";
  /** What several processes have together: the sum unless told. A time since the start is the largest, a state the least. */
  readonly together?: "sum" | "max" | "min";
}

/** How often something was at most as large as each bound. */
export interface HistogramShape<L extends Labels = Labels> extends Described<L> {
  readonly type: "histogram";
  /** Upper bounds of the buckets, inclusive and rising; the one without a bound is not among them. */
  readonly bounds: readonly number[];
}

export type Shape<L extends Labels = Labels> = CounterShape<L> | GaugeShape<L> | HistogramShape<L>;

/** A number under its labels' values. */
export interface NumberSeries {
  readonly labels: readonly string[];
  readonly value: number;
}

/** A distribution under its labels' values. */
export interface HistogramSeries {
  readonly labels: readonly string[];
  /** Of each bucket alone; the last one is that above all bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** All series of one metric at one moment: plain data, which JSON can hold. No two of them have the same labels. */
export type Family =
  | ((CounterShape | GaugeShape) & { readonly series: readonly NumberSeries[] })
  | (HistogramShape & { readonly series: readonly HistogramSeries[] });

/** A value for each of the labels. */
export type LabelValues<L extends Labels> = { readonly [K in keyof L]: string };

/** Tells apart any two lists of labels' values. */
export function seriesKey(labels: readonly string[]): string {
  return labels.length === 1 ? (labels[0] ?? "") : JSON.stringify(labels);
}

/** Whether both are one metric, so that their series can be added. */
export function isSameShape(a: Shape, b: Shape): boolean {
  if (a.type !== b.type || a.name !== b.name || !isSameList(a.labels, b.labels)) return false;
  if (a.type === "histogram" && b.type === "histogram") return isSameList(a.bounds, b.bounds);
  return a.type !== "gauge" || b.type !== "gauge" || (a.together ?? "sum") === (b.together ?? "sum");
}

function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
