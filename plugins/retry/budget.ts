import type { GaugeSeries } from "../../src/plugin.ts";

/** How many retries may be under way. */
export interface BudgetLimit {
  /** Of the requests in flight. */
  readonly ratio: number;
  readonly minimum: number;
}

/**
 * What all routes to a service have under way: so many retries at a time as their requests in flight allow. A service
 * that fails gets that share more, and not a multiple.
 */
export class Budget {
  #requests = 0;
  #retries = 0;
  readonly #gauge: Pick<GaugeSeries, "inc" | "dec">;

  /** @param gauge shows the retries under way */
  constructor(gauge: Pick<GaugeSeries, "inc" | "dec">) {
    this.#gauge = gauge;
  }

  enter(): void {
    this.#requests++;
  }

  leave(): void {
    this.#requests--;
  }

  /** Takes a place for a retry, from the wait before it to its end; false if there is none. */
  take({ ratio, minimum }: BudgetLimit): boolean {
    if (this.#retries >= Math.max(minimum, Math.floor(ratio * this.#requests))) return false;
    this.#retries++;
    this.#gauge.inc();
    return true;
  }

  release(): void {
    this.#retries--;
    this.#gauge.dec();
  }
}
