import type { CounterShape, Family, LabelValues, NumberSeries } from "./family.ts";
import type { SeriesMap } from "./series-map.ts";

/** One series of a counter. Adding to it allocates nothing. */
export class CounterSeries {
  readonly #labels: readonly string[];
  #value = 0;

  constructor(labels: readonly string[]) {
    this.#labels = labels;
  }

  /** Adds 1, or so much; what is not above 0, or without an end, adds nothing. */
  inc(by = 1): void {
    if (by > 0 && by < Number.POSITIVE_INFINITY) this.#value += by;
  }

  series(): NumberSeries {
    return { labels: this.#labels, value: this.#value };
  }
}

/** A metric that only grows. */
export class Counter<L extends readonly string[] = readonly string[]> {
  readonly shape: CounterShape<L>;
  readonly #children: SeriesMap<CounterSeries>;

  constructor(shape: CounterShape<L>, children: SeriesMap<CounterSeries>) {
    this.shape = shape;
    this.#children = children;
  }

  /** The series under these values of the labels, made at first use. Ask for it at load, and keep it. */
  with(...values: LabelValues<L>): CounterSeries {
    return this.#children.get(values);
  }

  collect(): Family {
    return { ...this.shape, series: this.#children.all().map((child) => child.series()) };
  }
}
