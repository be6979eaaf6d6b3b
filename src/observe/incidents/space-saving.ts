/** One of those that were counted most often. */
export interface Counted<T> {
  readonly value: T;
  /** At least as often as it was counted. */
  readonly count: number;
  /** How much of that may be another's, whose place it has taken. */
  readonly error: number;
}

interface Entry<T> {
  readonly key: string;
  readonly value: T;
  readonly error: number;
  count: number;
  /** Its place in the heap. */
  place: number;
}

/**
 * Who is counted most often, in constant memory: Space-Saving (Metwally, Agrawal and El Abbadi 2005). Whoever makes up more
 * than one in `capacity` of all is in it for certain. One more costs a few steps in a heap.
 */
export class SpaceSaving<T> {
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry<T>>();
  /** The rarest first: each is at most as often as those at 2i + 1 and 2i + 2. */
  readonly #heap: Entry<T>[] = [];

  /** @param capacity 1 or more */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Counts the one of that key; `make` tells what it is, if it is new. */
  count(key: string, make: () => T): T {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.count++;
      this.#sink(known);
      return known.value;
    }
    const rarest = this.#entries.size < this.#capacity ? undefined : this.#heap[0];
    const before = rarest?.count ?? 0;
    const entry = { key, value: make(), count: before + 1, error: before, place: this.#heap.length };
    this.#entries.set(key, entry);
    if (rarest === undefined) {
      this.#heap.push(entry);
      this.#rise(entry);
    } else {
      this.#entries.delete(rarest.key);
      this.#put(entry, 0);
      this.#sink(entry);
    }
    return entry.value;
  }

  /** All that it knows, in no order. */
  all(): readonly Counted<T>[] {
    return this.#heap.map(({ value, count, error }) => ({ value, count, error }));
  }

  #rise(entry: Entry<T>): void {
    while (entry.place > 0) {
      const above = this.#heap[(entry.place - 1) >> 1] as Entry<T>;
      if (above.count <= entry.count) return;
      this.#swap(entry, above);
    }
  }

  #sink(entry: Entry<T>): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      const rarer = right !== undefined && left !== undefined && right.count < left.count ? right : left;
      if (rarer === undefined || rarer.count >= entry.count) return;
      this.#swap(entry, rarer);
    }
  }

  #swap(a: Entry<T>, b: Entry<T>): void {
    const place = a.place;
    this.#put(a, b.place);
    this.#put(b, place);
  }

  #put(entry: Entry<T>, place: number): void {
    entry.place = place;
    this.#heap[place] = entry;
  }
}
