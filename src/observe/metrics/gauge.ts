import type { Family, GaugeShape, LabelValues, NumberSeries } from "./family.ts";
import type { SeriesMap } from "./series-map.ts";

/** One series of a gauge: what it was set to, and what is read for it, together. */
export class GaugeSeries {
  readonly #labels: readonly string[];
  readonly #readers = new Set<() => number>();
  #value = 0;

  constructor(labels: readonly string[]) {
    this.#labels = labels;
  }

  set(value: number): void {
    this.#value = value;
  }

  inc(by = 1): void {
    this.#value += by;
  }

  dec(by = 1): void {
    this.#value -= by;
  }

  /** Reads a part of the value whenever the metrics are asked for, until the signal is aborted; it must not wait. */
  collect(read: () => number, signal?: AbortSignal): void {
    if (signal?.aborted === true) return;
    this.#readers.add(read);
    signal?.addEventListener("abort", () => this.#readers.delete(read), { once: true });
  }

  series(): NumberSeries {
    let value = this.#value;
    for (const read of this.#readers) value += read();
    return { labels: this.#labels, value };
  }
}

/** A metric that goes up and down. */
export class Gauge<L extends readonly string[] = readonly string[]> {
  readonly shape: GaugeShape<L>;
  readonly #children: SeriesMap<GaugeSeries>;

  constructor(shape: GaugeShape<L>, children: SeriesMap<GaugeSeries>) {
    this.shape = shape;
    this.#children = children;
  }

  /** The series under these values of the labels, made at first use. Ask for it at load, and keep it. */
  with(...values: LabelValues<L>): GaugeSeries {
    return this.#children.get(values);
  }

  /** A value that is no number is left out: neither JSON nor a sum has a place for it. */
  collect(): Family {
    const series = this.#children.all().map((child) => child.series());
    return { ...this.shape, series: series.filter(({ value }) => Number.isFinite(value)) };
  }
}
