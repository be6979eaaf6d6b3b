import { fullGC } from "bun:jsc";

/** The part of the memory in use that may be garbage of the cache's own. */
const SHARE = 1 / 2;
/** Less than this is not worth a collection, in bytes. */
const LEAST = 8_388_608;
/** Nothing else is done while garbage is collected: after it there is none for so many times as long as it has taken. */
const REST = 5;

/**
 * Has garbage collected that the engine would leave. What was stored for a while counts as old there, and of that it collects
 * nothing before the whole heap has grown to three times what is in use.
 */
export class Garbage {
  readonly #limit: number;
  readonly #collect: () => void;
  readonly #now: () => number;
  #bytes = 0;
  #isDue = false;
  #notBeforeMs = 0;

  /** @param inUse bytes that are in use at most */
  constructor(inUse: number, collect: () => void = fullGC, now: () => number = () => performance.now()) {
    this.#limit = Math.max(LEAST, inUse * SHARE);
    this.#collect = collect;
    this.#now = now;
  }

  /** So many bytes more are not in use any longer. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#limit || this.#isDue || this.#now() < this.#notBeforeMs) return;
    this.#isDue = true;
    // Not in the middle of a request.
    setImmediate(() => this.#run());
  }

  #run(): void {
    const startMs = this.#now();
    this.#collect();
    const endMs = this.#now();
    this.#bytes = 0;
    this.#isDue = false;
    this.#notBeforeMs = endMs + REST * (endMs - startMs);
  }
}
