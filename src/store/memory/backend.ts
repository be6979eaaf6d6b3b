import type { Backend } from "../backend.ts";
import { Channels } from "../channels.ts";
import { StoreError, type StoreFailure } from "../error.ts";
import { allKeys, foundIn } from "../found.ts";
import type { KeyGroup } from "../key-group.ts";
import type { Charge, Taken } from "../limit.ts";
import type { StoreReport } from "../report.ts";
import type { Subscriber, Wait, Write } from "../store.ts";
import { leasesOf, releaseLease, renewLease, takeLease } from "./leases.ts";
import { extendLock, releaseLock, takeLock } from "./locks.ts";
import { MemoryTable, type TableBounds } from "./table.ts";
import { giveBackTo, takeFrom } from "./take.ts";
import { increment, transact } from "./transaction.ts";
import { bytesOf, endOf, textOf } from "./values.ts";

export interface MemoryOptions {
  /** Wall-clock time in ms since 1970. */
  now(): number;
  readonly bounds?: TableBounds;
}

/** A gateway needs a few keys a caller: room for a hundred thousand callers and more. */
const DEFAULT_BOUNDS: TableBounds = { entries: 500_000, bytes: 128 * 1_048_576 };

/** The embedded store: the memory of this process. Nothing in it waits, so that every call is atomic by itself. */
export class MemoryBackend implements Backend {
  readonly #table: MemoryTable;
  readonly #now: () => number;
  readonly #since: number;
  readonly #channels = new Channels();
  readonly #failures: Partial<Record<StoreFailure, number>> = {};
  #lastError: StoreReport["lastError"] = undefined;
  #calls = 0;
  #isClosed = false;

  constructor({ now, bounds = DEFAULT_BOUNDS }: MemoryOptions) {
    this.#table = new MemoryTable(bounds);
    this.#now = now;
    this.#since = now();
  }

  get(key: string, wait?: Wait): Promise<string | undefined> {
    return this.#call(wait, (now) => textOf(this.#table.get(key, now)));
  }

  getBytes(key: string, wait?: Wait): Promise<Uint8Array | undefined> {
    return this.#call(wait, (now) => bytesOf(this.#table.get(key, now)));
  }

  getMany(keys: readonly string[], wait?: Wait): Promise<readonly (string | undefined)[]> {
    return this.#call(wait, (now) => keys.map((key) => textOf(this.#table.get(key, now))));
  }

  getFew(groups: readonly KeyGroup[], wait?: Wait): Promise<ReadonlyMap<number, string>> {
    return this.#call(wait, (now) => foundIn(allKeys(groups).map((key) => textOf(this.#table.get(key, now)))));
  }

  exists(key: string, wait?: Wait): Promise<boolean> {
    return this.#call(wait, (now) => this.#table.get(key, now) !== undefined);
  }

  set(key: string, value: string | Uint8Array, ttlMs: number, ifAbsent: boolean, wait?: Wait): Promise<boolean> {
    return this.#call(wait, (now) => {
      if (ifAbsent && this.#table.get(key, now) !== undefined) return false;
      // The caller may change its bytes afterwards.
      const content = typeof value === "string" ? value : value.slice();
      this.#table.set(key, { kind: "bytes", content }, endOf(ttlMs, now), now);
      return true;
    });
  }

  delete(key: string, wait?: Wait): Promise<boolean> {
    return this.#call(wait, (now) => this.#table.delete(key, now));
  }

  increment(key: string, by: number, ttlMs: number, wait?: Wait): Promise<number> {
    return this.#call(wait, (now) => increment(this.#table, key, by, ttlMs, now));
  }

  transact(writes: readonly Write[], wait?: Wait): Promise<void> {
    return this.#call(wait, (now) => transact(this.#table, writes, now));
  }

  take(charges: readonly Charge[], wait?: Wait): Promise<readonly Taken[]> {
    return this.#call(wait, (now) => takeFrom(this.#table, charges, now));
  }

  /** The same at once. Throws StoreError. */
  takeNow(charges: readonly Charge[]): readonly Taken[] {
    return this.#run(undefined, (now) => takeFrom(this.#table, charges, now));
  }

  giveBack(charges: readonly Charge[], wait?: Wait): Promise<void> {
    return this.#call(wait, (now) => giveBackTo(this.#table, charges, now));
  }

  lock(key: string, token: string, ttlMs: number, fenceMs: number, wait?: Wait): Promise<number> {
    return this.#call(wait, (now) => takeLock(this.#table, key, token, { ttlMs, fenceMs }, now));
  }

  extendLock(key: string, token: string, ttlMs: number, wait?: Wait): Promise<boolean> {
    return this.#call(wait, (now) => extendLock(this.#table, key, token, ttlMs, now));
  }

  unlock(key: string, token: string, wait?: Wait): Promise<boolean> {
    return this.#call(wait, (now) => releaseLock(this.#table, key, token, now));
  }

  lease(key: string, token: string, limit: number, leaseMs: number, wait?: Wait): Promise<number> {
    return this.#call(wait, (now) => takeLease(this.#table, key, token, { limit, leaseMs }, now));
  }

  renewLease(key: string, token: string, leaseMs: number, wait?: Wait): Promise<boolean> {
    return this.#call(wait, (now) => renewLease(this.#table, key, token, leaseMs, now));
  }

  releaseLease(key: string, token: string, wait?: Wait): Promise<boolean> {
    return this.#call(wait, (now) => releaseLease(this.#table, key, token, now));
  }

  leased(key: string, wait?: Wait): Promise<number> {
    return this.#call(wait, (now) => leasesOf(this.#table, key, now).size);
  }

  keys(start: string, most: number, wait?: Wait): Promise<readonly string[]> {
    return this.#call(wait, (now) => this.#table.keys(start, most, now));
  }

  publish(channel: string, message: string, wait?: Wait): Promise<void> {
    return this.#call(wait, () => this.#channels.tell(channel, message));
  }

  subscribe(channel: string, subscriber: Subscriber): () => void {
    let isOpen = true;
    const remove = this.#channels.add(channel, subscriber);
    queueMicrotask(() => {
      if (isOpen && !this.#isClosed) subscriber.onOpen?.();
    });
    return () => {
      isOpen = false;
      remove();
    };
  }

  report(): StoreReport {
    return {
      kind: "memory",
      state: this.#isClosed ? "down" : "up",
      since: this.#since,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      calls: this.#calls,
      failures: { ...this.#failures },
      inFlight: 0,
      entries: this.#table.size,
      bytes: this.#table.bytes,
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#channels.clear();
  }

  #call<T>(wait: Wait | undefined, work: (nowMs: number) => T): Promise<T> {
    try {
      return Promise.resolve(this.#run(wait, work));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #run<T>(wait: Wait | undefined, work: (nowMs: number) => T): T {
    this.#calls++;
    try {
      if (this.#isClosed) throw new StoreError("closed", "the store is closed");
      if (wait?.signal?.aborted === true) throw new StoreError("aborted", "the caller has stopped waiting");
      return work(this.#now());
    } catch (error) {
      if (error instanceof StoreError) this.#count(error);
      throw error;
    }
  }

  #count({ reason, message }: StoreError): void {
    this.#failures[reason] = (this.#failures[reason] ?? 0) + 1;
    if (reason !== "aborted") this.#lastError = { reason, message, at: this.#now() };
  }
}
