import { type Store, StoreError, storeKey } from "../../src/plugin.ts";
import type { Period } from "./period.ts";

/** Periods stay readable so long after their end. */
const KEPT_MS = 40 * 86_400_000;
/** Keys whose requests wait to be counted, because the store did not answer. */
const MAX_OWED = 10_000;

/** Usage of one key. */
export interface Usage {
  readonly key: string;
  readonly used: number;
}

/** What a key has used, with the latest request. */
export interface Counted {
  readonly used: number;
  /** Nothing was used in this period before. */
  readonly isFirst: boolean;
}

/** What has been used, in the store: a counter for each key and period, and a list of the keys of each period. */
export class Ledger {
  readonly #store: Store;
  readonly #space: string;
  readonly #owed = new Map<string, number>();

  /** Keys of other spaces never meet those of this one. */
  constructor(store: Store, space: string) {
    this.#store = store;
    this.#space = space;
  }

  /** Counts, and answers what is used then, and whether this was the first. Rejects with StoreError; then it is counted with the key's next request. */
  async add(key: string, cost: number, period: Period, nowMs: number): Promise<Counted> {
    const counter = this.#counter(period, key);
    const owed = this.#owed.get(counter) ?? 0;
    if (owed > 0) this.#owed.delete(counter);
    try {
      const used = await this.#store.increment(counter, cost + owed, ttlOf(period, nowMs));
      return { used, isFirst: used === cost + owed };
    } catch (error) {
      // What may have been counted is not counted again.
      const isLost = error instanceof StoreError && error.reason !== "timeout" && error.reason !== "aborted";
      if (isLost) this.#owe(counter, owed + cost);
      throw error;
    }
  }

  /** For a request that has not passed; nobody waits for it. */
  takeBack(key: string, cost: number, period: Period, nowMs: number): void {
    this.#store.increment(this.#counter(period, key), -cost, ttlOf(period, nowMs)).catch(() => {});
  }

  /** Puts a key on the period's list, when it is first used; nobody waits for it. */
  enlist(key: string, period: Period, nowMs: number): void {
    void this.#enlist(key, period, ttlOf(period, nowMs)).catch(() => {});
  }

  async #enlist(key: string, period: Period, ttlMs: number): Promise<void> {
    const place = await this.#store.increment(this.#list(period, "length"), 1, ttlMs);
    await this.#store.set(this.#list(period, String(place)), key, { ttlMs });
  }

  /** How many keys a period has, and the usage of some of them in the order of their first use. Rejects with StoreError. */
  async read(
    period: Period,
    offset: number,
    limit: number,
  ): Promise<{ readonly keys: number; readonly usage: readonly Usage[] }> {
    const keys = Number((await this.#store.get(this.#list(period, "length"))) ?? 0);
    const count = Math.max(Math.min(limit, keys - offset), 0);
    const places = Array.from({ length: count }, (_, i) => this.#list(period, String(offset + i + 1)));
    const names = (await this.#store.getMany(places)).filter((name) => name !== undefined);
    return { keys, usage: await this.readKeys(period, names) };
  }

  /** Usage of these keys. Rejects with StoreError. */
  async readKeys(period: Period, keys: readonly string[]): Promise<readonly Usage[]> {
    const used = await this.#store.getMany(keys.map((key) => this.#counter(period, key)));
    return keys.map((key, i) => ({ key, used: Number(used[i] ?? 0) }));
  }

  #owe(counter: string, cost: number): void {
    if (this.#owed.size < MAX_OWED || this.#owed.has(counter)) {
      this.#owed.set(counter, (this.#owed.get(counter) ?? 0) + cost);
    }
  }

  #counter({ label }: Period, key: string): string {
    return storeKey("used", this.#space, label, key);
  }

  #list({ label }: Period, what: string): string {
    return storeKey("keys", this.#space, label, what);
  }
}

function ttlOf({ endsAtMs }: Period, nowMs: number): number {
  return Math.max(endsAtMs - nowMs, 0) + KEPT_MS;
}
