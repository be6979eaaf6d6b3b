/** Something that ends at a time of the clock. */
export interface Ending {
  /** Ms since 1970; Infinity for never. */
  endsAtMs: number;
  /** Where the heap looks for it; for the heap alone. Infinity: not there. */
  queuedAtMs: number;
}

interface Item<T> {
  readonly atMs: number;
  readonly ending: T;
}

/**
 * Tells what has ended without looking at everything: a binary heap by time. What ends later than it was queued for
 * keeps its place and is queued anew when that comes up, so that an end that moves with every use costs nothing.
 */
export class ExpiryHeap<T extends Ending> {
  #items: Item<T>[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(ending: T): void {
    if (ending.endsAtMs === Number.POSITIVE_INFINITY || ending.queuedAtMs <= ending.endsAtMs) return;
    ending.queuedAtMs = ending.endsAtMs;
    this.#items.push({ atMs: ending.endsAtMs, ending });
    this.#rise(this.#items.length - 1);
  }

  /** The next that has ended by then; undefined if none is left. */
  next(nowMs: number): T | undefined {
    for (;;) {
      const [first] = this.#items;
      if (first === undefined || first.atMs > nowMs) return undefined;
      this.#removeFirst();
      const { ending } = first;
      // Another item of it came before, or it is gone.
      if (ending.queuedAtMs !== first.atMs) continue;
      ending.queuedAtMs = Number.POSITIVE_INFINITY;
      if (ending.endsAtMs <= nowMs) return ending;
      this.add(ending);
    }
  }

  /** Forgets items of what is gone; for the owner to call when they are many. */
  keep(endings: Iterable<T>): void {
    this.#items = [];
    for (const ending of endings) {
      ending.queuedAtMs = Number.POSITIVE_INFINITY;
      this.add(ending);
    }
  }

  #rise(start: number): void {
    const items = this.#items;
    const item = items[start];
    let index = start;
    while (item !== undefined && index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent];
      if (above === undefined || above.atMs <= item.atMs) break;
      items[index] = above;
      index = parent;
    }
    if (item !== undefined) items[index] = item;
  }

  #removeFirst(): void {
    const items = this.#items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = items[left + 1];
      const leftItem = items[left];
      if (leftItem === undefined) break;
      const isRight = right !== undefined && right.atMs < leftItem.atMs;
      const child = isRight ? right : leftItem;
      if (child.atMs >= last.atMs) break;
      items[index] = child;
      index = isRight ? left + 1 : left;
    }
    items[index] = last;
  }
}
