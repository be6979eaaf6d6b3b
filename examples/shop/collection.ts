/** Anything that is kept under a number. */
export interface Item {
  readonly id: number;
}

/** One page of a list, and how many items there are on all pages. */
export interface Page<T> {
  readonly items: T[];
  readonly page: number;
  readonly size: number;
  readonly total: number;
}

/** Items by id, in memory, in the order in which they were added. */
export class Collection<T extends Item> {
  readonly #items = new Map<number, T>();
  #lastId = 0;

  /** `items` are the ones to begin with. */
  constructor(items: readonly Omit<T, "id">[], make: (id: number, values: Omit<T, "id">) => T) {
    for (const values of items) this.add((id) => make(id, values));
  }

  get(id: number): T | undefined {
    return this.#items.get(id);
  }

  /** Gives the item that `make` returns for a new id; ids are never used twice. */
  add(make: (id: number) => T): T {
    this.#lastId += 1;
    const item = make(this.#lastId);
    this.#items.set(item.id, item);
    return item;
  }

  replace(item: T): T {
    this.#items.set(item.id, item);
    return item;
  }

  /** Whether there was such an item. */
  remove(id: number): boolean {
    return this.#items.delete(id);
  }

  find(matches: (item: T) => boolean): T | undefined {
    return this.#items.values().find(matches);
  }

  /** The newest `count` items, oldest first. */
  newest(count: number): readonly T[] {
    return [...this.#items.values()].slice(-count);
  }

  /** Page `page` (from 1) of the items that match, `size` to a page. */
  list(page: number, size: number, matches: (item: T) => boolean = everything): Page<T> {
    const all = [...this.#items.values()].filter(matches);
    const first = (page - 1) * size;
    return { items: all.slice(first, first + size), page, size, total: all.length };
  }
}

const everything = (): boolean => true;
