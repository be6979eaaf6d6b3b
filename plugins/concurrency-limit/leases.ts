import { type Lease, MAX_TIMER_MS, type Store } from "../../src/plugin.ts";
import type { Place } from "./hold.ts";
import type { PlaceMetrics } from "./metrics.ts";
import type { Waiting } from "./places.ts";

/** A place that is free elsewhere is seen after so many ms at the latest; those who wait do not ask in step. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 50;
/** Renewed at once. */
const BATCH = 500;

/** Places that gateways share, held in the store for a time and renewed until they are given back. */
export class Leases {
  readonly #store: Store;
  readonly #leaseMs: number;
  readonly #counts: PlaceMetrics;
  readonly #held = new Set<Lease>();
  readonly #waiting = new Map<string, number>();
  #timer: Timer | undefined = undefined;

  constructor(store: Store, leaseMs: number, counts: PlaceMetrics) {
    this.#store = store;
    this.#leaseMs = leaseMs;
    this.#counts = counts;
  }

  /** Undefined if all are in use. Rejects with StoreError. */
  async take(key: string, limit: number): Promise<Place | undefined> {
    const lease = await this.#store.lease(key, { limit, leaseMs: this.#leaseMs });
    if (lease === undefined) return undefined;
    this.#held.add(lease);
    this.#counts.use.places.inc();
    this.#arm();
    return { giveBack: () => this.#release(lease) };
  }

  /** Asks again and again; undefined if the time is over, the queue full or the caller gone. Rejects with StoreError. */
  async wait(key: string, limit: number, { waitMs, queue }: Waiting, signal: AbortSignal): Promise<Place | undefined> {
    const before = this.#waiting.get(key) ?? 0;
    if (before >= queue) return undefined;
    this.#waiting.set(key, before + 1);
    this.#counts.use.waiting.inc();
    try {
      const endsAt = performance.now() + waitMs;
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
        const leftMs = endsAt - performance.now();
        if (leftMs <= 0 || signal.aborted) return undefined;
        await pauseFor(Math.min(leftMs, pause * (0.5 + Math.random() / 2)), signal);
        const place = signal.aborted ? undefined : await this.take(key, limit);
        if (place !== undefined) return place;
      }
    } finally {
      this.#counts.use.waiting.dec();
      const left = (this.#waiting.get(key) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(key);
      else this.#waiting.set(key, left);
    }
  }

  #release(lease: Lease): void {
    if (!this.#held.delete(lease)) return;
    this.#counts.use.places.dec();
    // What cannot be given back is free when its time is over.
    lease.release().catch(() => {});
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#renewAll(), Math.min(this.#leaseMs / 3, MAX_TIMER_MS));
    this.#timer.unref();
  }

  async #renewAll(): Promise<void> {
    const leases = [...this.#held];
    for (let start = 0; start < leases.length; start += BATCH) {
      await Promise.all(leases.slice(start, start + BATCH).map((lease) => this.#renew(lease)));
    }
    this.#timer = undefined;
    if (this.#held.size > 0) this.#arm();
  }

  async #renew(lease: Lease): Promise<void> {
    // A store that does not answer is asked again before the time is over.
    const isHeld = await lease.renew().catch(() => true);
    // Somebody else may have the place by now; the request goes on all the same.
    if (isHeld || !this.#held.delete(lease)) return;
    this.#counts.use.places.dec();
    this.#counts.lost.inc();
  }
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
