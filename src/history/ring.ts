import { quantileOf } from "./quantile.ts";
import type { Counts } from "./sample.ts";

/** What is kept of each interval. */
export const FIELDS = ["requests", "clientErrors", "serverErrors", "p50Ms", "p90Ms", "p99Ms"] as const;
export type Field = (typeof FIELDS)[number];

const QUANTILES = [0.5, 0.9, 0.99] as const;

/** The latest intervals of one route or service, in constant memory: 24 bytes for each. */
export class Ring {
  readonly #columns: readonly Float32Array[];

  /** @param slots how many intervals are kept */
  constructor(slots: number) {
    this.#columns = FIELDS.map(() => new Float32Array(slots));
    this.#fill(0, slots);
  }

  /** Keeps what happened in an interval in place of what was there; undefined: nothing happened. */
  put(slot: number, counts: Counts | undefined, seconds: number, bounds: readonly number[]): void {
    if (counts === undefined) return this.#fill(slot, slot + 1);
    const { requests, clientErrors, serverErrors, latency } = counts;
    const quantiles = QUANTILES.map((q) => quantileOf(latency, bounds, q) * 1_000);
    const values = [requests / seconds, clientErrors / seconds, serverErrors / seconds, ...quantiles];
    for (const [index, column] of this.#columns.entries()) column[slot] = values[index] ?? 0;
  }

  /** NaN where there was no request to measure. */
  at(field: number, slot: number): number {
    return this.#columns[field]?.[slot] ?? 0;
  }

  #fill(from: number, to: number): void {
    for (const [index, column] of this.#columns.entries()) column.fill(index < 3 ? 0 : Number.NaN, from, to);
  }
}
