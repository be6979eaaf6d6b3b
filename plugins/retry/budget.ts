/** How many retries may be begun in a second. */
export interface BudgetLimit {
  /** Of the requests of that second. */
  readonly ratio: number;
  readonly minimum: number;
}

const SLOTS = 10;
const SLOT_MS = 100;

/**
 * The requests of all routes to a service in the last second, and their retries: those may be so many as the requests
 * allow. A service that fails gets that share more, and not a multiple. Nothing is held, so nothing can be left behind.
 */
export class Budget {
  readonly #now: () => number;
  readonly #requests = new Float64Array(SLOTS);
  readonly #retries = new Float64Array(SLOTS);
  #requestSum = 0;
  #retrySum = 0;
  /** The tenth of a second that is counted now. */
  #time = 0;

  /** @param now in ms; where it jumps, counting begins anew */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Of the last second. */
  get requests(): number {
    this.#slot();
    return this.#requestSum;
  }

  /** Of the last second, those that have taken a place. */
  get retries(): number {
    this.#slot();
    return this.#retrySum;
  }

  addRequest(): void {
    const slot = this.#slot();
    this.#requests[slot] = (this.#requests[slot] as number) + 1;
    this.#requestSum++;
  }

  /** Takes a place for a retry; false if there is none. */
  take({ ratio, minimum }: BudgetLimit): boolean {
    const slot = this.#slot();
    if (this.#retrySum >= Math.max(minimum, Math.floor(ratio * this.#requestSum))) return false;
    this.#retries[slot] = (this.#retries[slot] as number) + 1;
    this.#retrySum++;
    return true;
  }

  /** The place of the present in the ring, after what is older than a second has been forgotten. */
  #slot(): number {
    const time = Math.floor(this.#now() / SLOT_MS);
    if (time !== this.#time) {
      const passed = time < this.#time ? SLOTS : Math.min(time - this.#time, SLOTS);
      for (let i = 0; i < passed; i++) this.#forget((time - i) % SLOTS);
      this.#time = time;
    }
    return time % SLOTS;
  }

  #forget(slot: number): void {
    this.#requestSum -= this.#requests[slot] as number;
    this.#retrySum -= this.#retries[slot] as number;
    this.#requests[slot] = 0;
    this.#retries[slot] = 0;
  }
}
