import { MAX_TIMER_MS } from "../../src/plugin.ts";
import type { Place } from "./hold.ts";
import type { Use } from "./metrics.ts";

/** How long, and among how many, a request waits. */
export interface Waiting {
  readonly waitMs: number;
  /** Requests that wait for one key at once. */
  readonly queue: number;
}

interface Waiter {
  readonly limit: number;
  done(isTaken: boolean): void;
}

interface Room {
  inUse: number;
  /** First come, first served. */
  readonly waiters: Set<Waiter>;
}

/** Places of this gateway by key; a key that nobody uses takes no memory. */
export class Places {
  readonly #rooms = new Map<string, Room>();
  readonly #use: Use;

  constructor(use: Use) {
    this.#use = use;
  }

  /** Undefined if all are in use. */
  take(key: string, limit: number): Place | undefined {
    const room = this.#rooms.get(key);
    if (room === undefined) this.#rooms.set(key, { inUse: 1, waiters: new Set() });
    else if (room.inUse < limit) room.inUse++;
    else return undefined;
    this.#use.places.inc();
    return new LocalPlace(this, key);
  }

  /** Waits until there is one; undefined if the time is over, the queue full or the caller gone. */
  wait(
    key: string,
    limit: number,
    { waitMs, queue }: Waiting,
    signal: AbortSignal,
  ): Promise<Place | undefined> | undefined {
    const room = this.#rooms.get(key);
    if (room === undefined || room.waiters.size >= queue || signal.aborted) return undefined;
    return new Promise((resolve) => {
      const end = () => waiter.done(false);
      const timer = setTimeout(end, Math.min(waitMs, MAX_TIMER_MS));
      const waiter: Waiter = {
        limit,
        done: (isTaken) => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          room.waiters.delete(waiter);
          this.#use.waiting.dec();
          resolve(isTaken ? new LocalPlace(this, key) : undefined);
        },
      };
      this.#use.waiting.inc();
      room.waiters.add(waiter);
      signal.addEventListener("abort", end, { once: true });
    });
  }

  /** For a place alone: hands it to who has waited longest. */
  giveBack(key: string): void {
    const room = this.#rooms.get(key);
    if (room === undefined) return;
    const [first] = room.waiters;
    // A limit that has become smaller meanwhile leaves fewer places.
    if (first !== undefined && room.inUse <= first.limit) return first.done(true);
    this.#use.places.dec();
    room.inUse--;
    if (room.inUse === 0) this.#rooms.delete(key);
  }
}

class LocalPlace implements Place {
  readonly #places: Places;
  readonly #key: string;

  constructor(places: Places, key: string) {
    this.#places = places;
    this.#key = key;
  }

  giveBack(): void {
    this.#places.giveBack(this.#key);
  }
}
