import { edenGC, fullGC } from "bun:jsc";

/** The part of the memory in use that may be garbage of the cache's own. */
const SHARE = 1 / 4;
/** The same of what has only just come: what it came with is garbage at once. */
const YOUNG_SHARE = 1 / 8;
/** Less than this is not worth a collection, in bytes. */
const LEAST = 8_388_608;
const LEAST_YOUNG = 4_194_304;
/** Nothing else is done while garbage is collected: after it there is none for so many times as long as it has taken. */
const REST = 5;

/** The engine's collections: of all garbage, and of what is young. Each does all of it before it returns. */
export interface Collector {
  full(): void;
  young(): void;
}

const ENGINE: Collector = { full: fullGC, young: edenGC };

/**
 * Has garbage collected that the engine would leave: it lets the heap grow to a multiple of what is in use before it collects what is
 * young, and a reply that is stored brings many times its bytes of that. What was stored for a while counts as old there, and of that it
 * collects nothing before the whole heap has grown to three times what is in use.
 */
export class Garbage {
  readonly #limit: number;
  readonly #youngLimit: number;
  readonly #collector: Collector;
  readonly #now: () => number;
  #bytes = 0;
  #youngBytes = 0;
  #isDue = false;
  #notBeforeMs = 0;

  /** @param inUse bytes that are in use at most */
  constructor(inUse: number, collector: Collector = ENGINE, now: () => number = () => performance.now()) {
    this.#limit = Math.max(LEAST, inUse * SHARE);
    this.#youngLimit = Math.max(LEAST_YOUNG, inUse * YOUNG_SHARE);
    this.#collector = collector;
    this.#now = now;
  }

  /** So many bytes more are not in use any longer. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#collectIfDue();
  }

  /** So many bytes have come. */
  came(bytes: number): void {
    this.#youngBytes += bytes;
    this.#collectIfDue();
  }

  #collectIfDue(): void {
    const isEnough = this.#bytes >= this.#limit || this.#youngBytes >= this.#youngLimit;
    if (!isEnough || this.#isDue || this.#now() < this.#notBeforeMs) return;
    this.#isDue = true;
    // Not in the middle of a request.
    setImmediate(() => this.#run());
  }

  #run(): void {
    const startMs = this.#now();
    if (this.#bytes >= this.#limit) {
      this.#collector.full();
      this.#bytes = 0;
    } else this.#collector.young();
    const endMs = this.#now();
    this.#youngBytes = 0;
    this.#isDue = false;
    this.#notBeforeMs = endMs + REST * (endMs - startMs);
  }
}
