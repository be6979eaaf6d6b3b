import { seriesKey } from "./family.ts";

/** The value of every label of the series that stands for all that came when there were too many. */
export const OVERFLOW = "_other";
/** Characters of a label's value that are kept. */
const LONGEST_VALUE = 200;

/** The children of a metric, one for each combination of its labels' values, up to a bound; beyond it they share one. */
export class SeriesMap<C> {
  readonly #children = new Map<string, C>();
  readonly #labelCount: number;
  readonly #most: number;
  readonly #create: (labels: readonly string[]) => C;
  readonly #onFull: () => void;
  #overflow: C | undefined = undefined;

  /** `onFull` is called once, when a combination finds no place. */
  constructor(labelCount: number, most: number, create: (labels: readonly string[]) => C, onFull: () => void) {
    this.#labelCount = labelCount;
    this.#most = most;
    this.#create = create;
    this.#onFull = onFull;
  }

  /** The child under these values. Throws an Error if there are not as many as labels. */
  get(values: readonly string[]): C {
    if (values.length !== this.#labelCount) {
      throw new Error(`expected ${this.#labelCount} label values, found ${values.length}`);
    }
    const labels = values.map(cleaned);
    const key = seriesKey(labels);
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    if (this.#children.size >= this.#most) return this.#sharedByAllOthers();
    const child = this.#create(labels);
    this.#children.set(key, child);
    return child;
  }

  /** In the order in which they came. */
  all(): readonly C[] {
    return [...this.#children.values()];
  }

  #sharedByAllOthers(): C {
    if (this.#overflow !== undefined) return this.#overflow;
    const labels = Array.from({ length: this.#labelCount }, () => OVERFLOW);
    const key = seriesKey(labels);
    this.#overflow = this.#children.get(key) ?? this.#create(labels);
    this.#children.set(key, this.#overflow);
    this.#onFull();
    return this.#overflow;
  }
}

/** Values may come from clients: no more of them is kept than is useful, and none is what UTF-8 cannot hold. */
function cleaned(value: string): string {
  const text = String(value);
  return (text.length > LONGEST_VALUE ? text.slice(0, LONGEST_VALUE) : text).toWellFormed();
}
