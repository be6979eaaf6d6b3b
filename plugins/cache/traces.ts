/**
 * The digests of the latest keys that were not used on trial. They go by generations, for a set that loses its oldest member again
 * and again has to look past all that it has lost.
 */
export class Traces {
  #recent = new Set<number>();
  #older = new Set<number>();

  /** Adds one. The latest `most` are kept at least, and twice as many at most. */
  add(digest: number, most: number): void {
    this.#recent.add(digest);
    if (this.#recent.size < most) return;
    this.#older = this.#recent;
    this.#recent = new Set();
  }

  has(digest: number): boolean {
    return this.#recent.has(digest) || this.#older.has(digest);
  }

  /** Whether it was there. */
  delete(digest: number): boolean {
    return this.#recent.delete(digest) || this.#older.delete(digest);
  }
}
