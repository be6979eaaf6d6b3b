/** What is known of some requests to one version: how many, how many failed, and how long they took. */
export interface Tally {
  count: number;
  failures: number;
  /** Of those that have a duration: their number, the sum of its logarithms, and of their squares. */
  timed: number;
  logSum: number;
  squareSum: number;
}

export function emptyTally(): Tally {
  return { count: 0, failures: 0, timed: 0, logSum: 0, squareSum: 0 };
}

/** Durations below a tenth of a millisecond count as one. */
const LEAST_MS = 0.1;

/** @param ms until the reply's head; undefined where there was none */
export function addTo(tally: Tally, isFailure: boolean, ms: number | undefined): void {
  tally.count++;
  if (isFailure) tally.failures++;
  if (ms === undefined || isFailure) return;
  const log = Math.log(Math.max(ms, LEAST_MS));
  tally.timed++;
  tally.logSum += log;
  tally.squareSum += log * log;
}

const SLOTS = 6;

/** The requests of the latest time, a sixth of it more or less. */
export class SlidingTally {
  readonly #slotMs: number;
  readonly #slots = Array.from({ length: SLOTS }, emptyTally);
  #latest = 0;

  constructor(windowMs: number) {
    this.#slotMs = Math.max(1, windowMs / SLOTS);
  }

  add(now: number, isFailure: boolean, ms: number | undefined): void {
    this.#turn(now);
    addTo(this.#slots[this.#latest % SLOTS] as Tally, isFailure, ms);
  }

  sum(now: number): Tally {
    this.#turn(now);
    const sum = emptyTally();
    for (const slot of this.#slots) {
      sum.count += slot.count;
      sum.failures += slot.failures;
      sum.timed += slot.timed;
      sum.logSum += slot.logSum;
      sum.squareSum += slot.squareSum;
    }
    return sum;
  }

  /** Forgets what is older than the window. */
  #turn(now: number): void {
    const slot = Math.floor(now / this.#slotMs);
    const passed = slot < this.#latest ? SLOTS : Math.min(slot - this.#latest, SLOTS);
    for (let i = 0; i < passed; i++) Object.assign(this.#slots[(slot - i) % SLOTS] as Tally, emptyTally());
    this.#latest = slot;
  }
}
