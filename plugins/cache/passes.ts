/** Keys that are remembered at most. */
const MOST = 10_000;

/** What is not to be stored, for a while: nobody waits for the answer to another's request for it. */
export class Passes {
  readonly #until = new Map<string, number>();
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  has(key: string, nowMs: number): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (until > nowMs) return true;
    this.#until.delete(key);
    return false;
  }

  add(key: string, nowMs: number): void {
    this.#until.delete(key);
    this.#until.set(key, nowMs + this.#ms);
    if (this.#until.size <= MOST) return;
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest);
      return;
    }
  }

  delete(key: string): void {
    this.#until.delete(key);
  }
}
