import { type HeaderList, type Lock, type Scope, StoreError } from "../../../src/plugin.ts";
import type { Entry } from "../entry.ts";
import { ownText } from "../own-text.ts";
import type { Place } from "../place.ts";
import type { Purge } from "../purge/purge.ts";
import { afterPurges, isPurged, parseRecords, recordOf, withRecord } from "../purge/record.ts";
import { varyKey } from "../rules/vary.ts";
import type { UrlKeys } from "../url-keys.ts";
import { decodeEntry, encodeEntry } from "./encoding.ts";
import { type IndexRecord, parseIndex } from "./index-record.ts";
import { entryKey, indexKey, indexLockKey, lockKey, PURGES, refusalKey } from "./keys.ts";

/** A response that can be asked about is kept for so long past its freshness, in ms. */
const VALIDATABLE_MS = 3_600_000;
/** Nothing is kept for longer, and purges are told for as long. */
const LONGEST_MS = 604_800_000;
/** For so long it is told that there is nothing to store, in ms. */
const REFUSED_MS = 10_000;
/** One gateway asks the service for at most so long before others do, in ms; and others wait so long for it. */
const LOCK_MS = 30_000;
const WAIT_MS = 5_000;

/** For so long it is known that a URL was purged, in ms: until all gateways have heard of it. */
const PURGED_MS = 60_000;

/** What the store knows of a request. */
export interface Found {
  readonly entry: Entry | undefined;
  /** There is nothing to store: nobody has to wait. */
  readonly isRefused: boolean;
}

const NOTHING: Found = { entry: undefined, isRefused: false };

/** The responses that gateways share in Redis. Where it does not answer, nothing is there, and nothing is kept. */
export class Tier {
  /** Whether a route keeps replies there. */
  isUsed = false;
  readonly #store: Scope["store"];
  readonly #now: () => number;

  constructor({ store, now }: Pick<Scope, "store" | "now">) {
    this.#store = store;
    this.#now = now;
  }

  async find({ url, owner, own }: Place, flight: string, headers: HeaderList): Promise<Found> {
    return this.#attempt(NOTHING, async () => {
      const [index, purges, refused] = await this.#store.getMany([indexKey(url), PURGES, refusalKey(flight)]);
      const isRefused = refused !== undefined;
      const known = parseIndex(index);
      const names = known?.vary[owner];
      if (known === undefined || names === undefined) return { entry: undefined, isRefused };
      const selection = { owner, own, varyKey: ownText(varyKey(names, headers)) };
      const value = await this.#store.getBytes(entryKey(known.generation, selection));
      const decoded = value === undefined ? undefined : await decodeEntry(value, selection, names);
      if (decoded === undefined) return { entry: undefined, isRefused };
      return { entry: afterPurges(url, decoded, parseRecords(purges), this.#now()), isRefused };
    });
  }

  async write(url: string, entry: Entry): Promise<void> {
    const ttlMs = keptMs(entry);
    if (ttlMs <= 0) return;
    const { selection, terms, receivedMs } = entry.stored;
    await this.#attempt(undefined, async () => {
      const value = await encodeEntry(entry);
      const { generation, purgedMs } = await this.#indexFor(url, selection.owner, terms.vary);
      if (isPurged(receivedMs, purgedMs)) return;
      await this.#store.set(entryKey(generation, selection), value, { ttlMs });
    });
  }

  /** The index of a URL, with what the owner's responses vary by. */
  async #indexFor(url: string, owner: string, vary: readonly string[]): Promise<IndexRecord> {
    const key = indexKey(url);
    const hasIt = (index: IndexRecord | undefined) => index?.vary[owner]?.join() === vary.join();
    const known = parseIndex(await this.#store.get(key));
    if (known !== undefined && hasIt(known)) return known;
    return this.#changing(url, async () => {
      const latest = parseIndex(await this.#store.get(key));
      if (latest !== undefined && hasIt(latest)) return latest;
      const generation = latest?.generation ?? crypto.randomUUID();
      const index: IndexRecord = { ...latest, generation, vary: { ...latest?.vary, [owner]: vary } };
      await this.#store.set(key, JSON.stringify(index), { ttlMs: LONGEST_MS });
      return index;
    });
  }

  /** One changes the index of a URL at a time: a purge between a look and a write would be undone. */
  async #changing<T>(url: string, change: () => Promise<T>): Promise<T> {
    const options = { ttlMs: WAIT_MS, fenceMs: 0, waitMs: WAIT_MS, timeoutMs: WAIT_MS + 1_000 };
    const lock = await this.#store.lock(indexLockKey(url), options);
    if (lock === undefined) throw new StoreError("overloaded", "another change of the same URL takes too long");
    try {
      return await change();
    } finally {
      await this.release(lock);
    }
  }

  /** Remembers that there is nothing to store. */
  async refuse(flight: string): Promise<void> {
    await this.#attempt(false, () => this.#store.set(refusalKey(flight), "1", { ttlMs: REFUSED_MS }));
  }

  /** The right to ask the service, also if the store does not answer: undefined then, and if another has it for too long. */
  lock(flight: string, signal: AbortSignal): Promise<Lock | undefined> {
    const options = { ttlMs: LOCK_MS, fenceMs: 0, waitMs: WAIT_MS, timeoutMs: WAIT_MS + 1_000, signal };
    return this.#attempt<Lock | undefined>(undefined, () => this.#store.lock(lockKey(flight), options));
  }

  async release(lock: Lock): Promise<void> {
    await this.#attempt(false, () => lock.release());
  }

  /** Rejects with StoreError: a purge that is not done must be known. */
  async purge(purge: Purge, urlKeys: UrlKeys): Promise<void> {
    if (!this.isUsed) return;
    const { target } = purge;
    if (target.kind === "url") {
      for (const key of urlKeys.all()) await this.#purgeUrl(key(target.url));
      return;
    }
    if (target.kind === "key") {
      await this.#purgeUrl(target.key);
      return;
    }
    const record = recordOf(purge, this.#now());
    if (record === undefined) return;
    const lock = await this.#store.lock("purging", { ttlMs: WAIT_MS, waitMs: WAIT_MS, timeoutMs: WAIT_MS + 1_000 });
    if (lock === undefined) throw new StoreError("overloaded", "another purge takes too long");
    const records = withRecord(parseRecords(await this.#store.get(PURGES)), record);
    await this.#store.set(PURGES, JSON.stringify(records), { ttlMs: LONGEST_MS });
    await this.release(lock);
  }

  /** Another generation, and when it began: another gateway may not have heard of the purge yet, and write what was asked for before. */
  async #purgeUrl(url: string): Promise<void> {
    const index: IndexRecord = { generation: crypto.randomUUID(), vary: {}, purgedMs: this.#now() };
    await this.#changing(url, () => this.#store.set(indexKey(url), JSON.stringify(index), { ttlMs: PURGED_MS }));
  }

  async #attempt<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreError) return otherwise;
      throw error;
    }
  }
}

/** For how long a response may be of use. */
function keptMs({ stored: { terms, validators } }: Entry): number {
  const { lifetimeMs, initialAgeMs, staleIfErrorMs, staleWhileRevalidateMs } = terms;
  const isValidatable = validators.etag !== undefined || validators.lastModified !== undefined;
  const staleMs = Math.max(staleIfErrorMs, staleWhileRevalidateMs, isValidatable ? VALIDATABLE_MS : 0);
  return Math.min(Math.ceil(lifetimeMs - initialAgeMs + staleMs), LONGEST_MS);
}
