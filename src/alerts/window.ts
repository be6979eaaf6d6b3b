/** Requests of a span of time. */
export interface Tally {
  readonly total: number;
  readonly bad: number;
}

/** Parts of a window: a read covers between one and 1 + 1/30 windows. */
const PARTS = 30;

/** Counts requests of the latest so many ms, in constant memory: 31 parts, of which the oldest is forgotten as a whole. */
export class SlidingCounts {
  readonly #partMs: number;
  readonly #total = new Float64Array(PARTS + 1);
  readonly #bad = new Float64Array(PARTS + 1);
  /** Of the part that is filled, counted from 1970. */
  #part = Number.NEGATIVE_INFINITY;
  #sum: Tally = { total: 0, bad: 0 };

  constructor(windowMs: number) {
    this.#partMs = windowMs / PARTS;
  }

  /** @param at ms since 1970; what is earlier than the latest part is counted in that */
  add(at: number, total: number, bad: number): void {
    this.#advance(at);
    if (total <= 0) return;
    const index = this.#part % (PARTS + 1);
    this.#total[index] = (this.#total[index] ?? 0) + total;
    this.#bad[index] = (this.#bad[index] ?? 0) + bad;
    this.#sum = { total: this.#sum.total + total, bad: this.#sum.bad + bad };
  }

  read(at: number): Tally {
    this.#advance(at);
    return this.#sum;
  }

  /** Forgets the parts that are over; sums are made anew then, so that no error of rounding stays. */
  #advance(at: number): void {
    const part = Math.floor(at / this.#partMs);
    if (part <= this.#part) return;
    if (part - this.#part > PARTS) {
      this.#total.fill(0);
      this.#bad.fill(0);
    } else {
      for (let over = this.#part + 1; over <= part; over++) {
        this.#total[over % (PARTS + 1)] = 0;
        this.#bad[over % (PARTS + 1)] = 0;
      }
    }
    this.#part = part;
    this.#sum = { total: sumOf(this.#total), bad: sumOf(this.#bad) };
  }
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
