import { GatewayError } from "../errors.ts";

/** Lets so many through at a time, and so many wait: what is slow or costly never takes more than its part. */
export class Gate {
  readonly #places: number;
  readonly #queue: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(places: number, queue: number) {
    this.#places = places;
    this.#queue = queue;
  }

  /** Runs the work when there is a place. Rejects with `overloaded` where there is none and none to wait for. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#places) await this.#wait();
    else this.#inside++;
    try {
      return await work();
    } finally {
      // The place goes from hand to hand while anybody waits.
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside--;
      else next();
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#queue) {
      return Promise.reject(new GatewayError("overloaded", { headers: { "retry-after": "1" } }));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
