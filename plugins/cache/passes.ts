/** Keys that are remembered at least, when so many have come; and twice as many at most. */
const MOST = 5_000;

/**
 * What is not to be stored, for a while: nobody waits for the answer to another's request for it. Of keys, which may be long, digests are
 * kept, which nobody can foresee; where two are the same, somebody does not wait for another.
 */
export class Passes {
  /** Until when, by digest. They go by generations: a map that loses its oldest again and again looks past all that it has lost. */
  #recent = new Map<number, number>();
  #older = new Map<number, number>();
  readonly #seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Digests that are remembered. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  has(key: string, nowMs: number): boolean {
    if (this.size === 0) return false;
    const digest = this.#digest(key);
    const until = this.#recent.get(digest) ?? this.#older.get(digest) ?? 0;
    // One that ends later than any can has come before the clock was set back.
    return until > nowMs && until <= nowMs + this.#ms;
  }

  add(key: string, nowMs: number): void {
    this.#recent.set(this.#digest(key), nowMs + this.#ms);
    if (this.#recent.size < MOST) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  #digest(key: string): number {
    return Bun.hash.xxHash32(key, this.#seed);
  }
}
