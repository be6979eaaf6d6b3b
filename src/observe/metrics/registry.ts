import type { Logger } from "../logger.ts";
import { checkShape } from "./check-shape.ts";
import { Counter, CounterSeries } from "./counter.ts";
import {
  type CounterShape,
  type Family,
  type GaugeShape,
  type HistogramShape,
  isSameShape,
  type Shape,
} from "./family.ts";
import { Gauge, GaugeSeries } from "./gauge.ts";
import { DistributionSeries, Histogram } from "./histogram.ts";
import { SeriesMap } from "./series-map.ts";
import { sumFamilies } from "./sum.ts";
import { Turns } from "./turns.ts";

/** Makes families at the moment when the metrics are asked for; it must not wait. */
export type Collector = () => readonly Family[];

type Instrument = Counter | Gauge | Histogram;
type Labels = readonly string[];

/** Series of a metric that is made without another bound. */
const MOST_SERIES = 1_000;

/**
 * All metrics of a process; it outlives reloads. A metric that is asked for again, in the same form, is the same one; in
 * another form it throws an Error.
 */
export class MetricsRegistry {
  readonly #log: Logger;
  readonly #instruments = new Map<string, Instrument>();
  readonly #collectors = new Set<Collector>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `mostSeries` is the bound on its series: beyond it all that comes is counted in one, and the log says so once. */
  counter<const L extends Labels>(shape: CounterShape<L>, mostSeries = MOST_SERIES): Counter<L> {
    const create = (labels: Labels) => new CounterSeries(labels);
    const known = this.#known(shape) ?? this.#add(new Counter(shape, this.#series(shape, mostSeries, create)));
    return known as Counter<L>;
  }

  gauge<const L extends Labels>(shape: GaugeShape<L>, mostSeries = MOST_SERIES): Gauge<L> {
    const create = (labels: Labels) => new GaugeSeries(labels);
    const known = this.#known(shape) ?? this.#add(new Gauge(shape, this.#series(shape, mostSeries, create)));
    return known as Gauge<L>;
  }

  histogram<const L extends Labels>(shape: HistogramShape<L>, mostSeries = MOST_SERIES): Histogram<L> {
    const create = (labels: Labels) => new DistributionSeries(labels, shape.bounds);
    const known = this.#known(shape) ?? this.#add(new Histogram(shape, this.#series(shape, mostSeries, create)));
    return known as Histogram<L>;
  }

  /** Asks the function, too, whenever the metrics are asked for; answers how to stop that. */
  addCollector(collector: Collector): () => void {
    this.#collectors.add(collector);
    return () => void this.#collectors.delete(collector);
  }

  /** Every family as it is now, or those of the names given, by name. What cannot be read is left out, and the log has why. */
  collect(only?: ReadonlySet<string>): readonly Family[] {
    const isAsked = ({ name }: Shape) => only === undefined || only.has(name);
    const own = [...this.#instruments.values()].filter(({ shape }) => isAsked(shape));
    const families = own.flatMap((instrument) => this.#attempt(() => [instrument.collect()]));
    const collected = [...this.#collectors].flatMap((collector) => this.#attempt(collector)).filter(isAsked);
    return sumFamilies(families, collected);
  }

  /** All families, over several turns of the event loop: requests are served in between, so no two need be of one moment. */
  async collectInTurns(): Promise<readonly Family[]> {
    const turns = new Turns();
    const families: Family[] = [];
    const sources = [...this.#instruments.values()].map((instrument) => () => [instrument.collect()]);
    for (const source of [...sources, ...this.#collectors]) {
      families.push(...this.#attempt(source));
      if (turns.isOver) await turns.next();
    }
    return sumFamilies(families);
  }

  #known(shape: Shape): Instrument | undefined {
    checkShape(shape);
    const known = this.#instruments.get(shape.name);
    if (known === undefined || isSameShape(known.shape, shape)) return known;
    throw new Error(
      `the metric ${shape.name} is ${describe(known.shape)}, and cannot be ${describe(shape)} at the same time`,
    );
  }

  #add<I extends Instrument>(instrument: I): I {
    this.#instruments.set(instrument.shape.name, instrument);
    return instrument;
  }

  #series<C>({ name, labels }: Shape, most: number, create: (labels: Labels) => C): SeriesMap<C> {
    return new SeriesMap(labels.length, most, create, () =>
      this.#log.warn("a metric has too many series: further ones are counted together", { metric: name, series: most }),
    );
  }

  #attempt(collect: Collector): readonly Family[] {
    try {
      return collect();
    } catch (error) {
      this.#log.error("metrics could not be collected", { error });
      return [];
    }
  }
}

function describe(shape: Shape): string {
  const labels = shape.labels.length === 0 ? "without labels" : `with the labels ${shape.labels.join(", ")}`;
  const bounds = shape.type === "histogram" ? ` and the bounds ${shape.bounds.join(", ")}` : "";
  const together = shape.type === "gauge" && shape.together !== undefined ? ` (${shape.together})` : "";
  return `a ${shape.type}${together} ${labels}${bounds}`;
}
