import type { Family, HistogramSeries, HistogramShape, LabelValues } from "./family.ts";
import type { SeriesMap } from "./series-map.ts";

/** Bounds for durations of requests, in seconds: from a cache's hit to a slow export. */
export const LATENCY_SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** One series of a histogram. Recording allocates nothing. */
export class DistributionSeries {
  readonly #labels: readonly string[];
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(labels: readonly string[], bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a value; one below 0 counts as 0, one that is no number not at all. */
  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    if (value > 0) this.#sum += value;
  }

  series(): HistogramSeries {
    return { labels: this.#labels, counts: [...this.#counts], sum: this.#sum };
  }
}

/** A metric that tells how values are distributed. */
export class Histogram<L extends readonly string[] = readonly string[]> {
  readonly shape: HistogramShape<L>;
  readonly #children: SeriesMap<DistributionSeries>;

  constructor(shape: HistogramShape<L>, children: SeriesMap<DistributionSeries>) {
    this.shape = shape;
    this.#children = children;
  }

  /** The series under these values of the labels, made at first use. Ask for it at load, and keep it. */
  with(...values: LabelValues<L>): DistributionSeries {
    return this.#children.get(values);
  }

  collect(): Family {
    return { ...this.shape, series: this.#children.all().map((child) => child.series()) };
  }
}
