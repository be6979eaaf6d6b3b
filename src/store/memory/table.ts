import { StoreError } from "../error.ts";
import { type Ending, ExpiryHeap } from "./expiry.ts";
import type { LimitState } from "./limit.ts";

export type Value =
  | { readonly kind: "bytes"; readonly content: string | Uint8Array }
  | { readonly kind: "limit"; readonly state: LimitState }
  | { readonly kind: "lock"; readonly token: string; readonly fence: number }
  /** Ms at which each token's time is over. */
  | { readonly kind: "leases"; readonly tokens: Map<string, number> };

export interface Entry extends Ending {
  readonly key: string;
  value: Value;
  bytes: number;
}

export interface TableBounds {
  /** Keys. */
  readonly entries: number;
  readonly bytes: number;
}

/** What a key costs beside its text and value: entry, place in the map and in the heap. */
const OVERHEAD = 160;
/** A limit's state. */
export const LIMIT_BYTES = 64;
/** What has ended is removed by those who write, a few at a time: no call pays for all. */
const SWEEP = 8;

/**
 * Keys with ends, within bounds. What has ended makes room; what has not is never pushed out by something new, or a
 * flood of keys would set everybody's limits back: then new keys are refused.
 */
export class MemoryTable {
  readonly #entries = new Map<string, Entry>();
  readonly #heap = new ExpiryHeap<Entry>();
  readonly #bounds: TableBounds;
  #bytes = 0;

  constructor(bounds: TableBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(key: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.endsAtMs > nowMs) return entry;
    this.#remove(entry);
    return undefined;
  }

  /** Keys that begin with that text, at most so many. */
  keys(start: string, most: number, nowMs: number): readonly string[] {
    const keys: string[] = [];
    for (const { key, endsAtMs } of this.#entries.values()) {
      if (keys.length === most) break;
      if (endsAtMs > nowMs && key.startsWith(start)) keys.push(key);
    }
    return keys;
  }

  /** Throws StoreError "full" where there is no room; then nothing has changed. */
  set(key: string, value: Value, endsAtMs: number, nowMs: number): void {
    this.#sweep(nowMs, SWEEP);
    const bytes = entryBytes(key, sizeOf(value));
    const entry = this.get(key, nowMs);
    this.#makeRoom(entry === undefined ? 1 : 0, bytes - (entry?.bytes ?? 0), nowMs);
    this.#bytes += bytes - (entry?.bytes ?? 0);
    if (entry === undefined) {
      const added = { key, value, bytes, endsAtMs, queuedAtMs: Number.POSITIVE_INFINITY };
      this.#entries.set(key, added);
      this.#heap.add(added);
      return;
    }
    entry.value = value;
    entry.bytes = bytes;
    entry.endsAtMs = endsAtMs;
    this.#heap.add(entry);
    if (this.#heap.size > 2 * this.#entries.size + 64) this.#heap.keep(this.#entries.values());
  }

  delete(key: string, nowMs: number): boolean {
    const entry = this.get(key, nowMs);
    if (entry === undefined) return false;
    this.#remove(entry);
    return true;
  }

  /** Throws StoreError "full" unless so many keys and bytes more have room. */
  makeRoom(entries: number, bytes: number, nowMs: number): void {
    this.#makeRoom(entries, bytes, nowMs);
  }

  #makeRoom(entries: number, bytes: number, nowMs: number): void {
    if (this.#fits(entries, bytes)) return;
    this.#sweep(nowMs, Number.POSITIVE_INFINITY);
    if (!this.#fits(entries, bytes)) throw new StoreError("full", "the embedded store has no room for new keys");
  }

  #fits(entries: number, bytes: number): boolean {
    if (entries > 0 && this.#entries.size + entries > this.#bounds.entries) return false;
    return bytes <= 0 || this.#bytes + bytes <= this.#bounds.bytes;
  }

  #sweep(nowMs: number, most: number): void {
    for (let count = 0; count < most; count++) {
      const ended = this.#heap.next(nowMs);
      if (ended === undefined) return;
      this.#remove(ended);
    }
  }

  #remove(entry: Entry): void {
    if (this.#entries.get(entry.key) !== entry) return;
    this.#entries.delete(entry.key);
    this.#bytes -= entry.bytes;
    // Its item in the heap is passed over when its time comes.
    entry.queuedAtMs = Number.NEGATIVE_INFINITY;
    if (this.#heap.size > 2 * this.#entries.size + 64) this.#heap.keep(this.#entries.values());
  }
}

/** What a key with such a value is reckoned at. */
export function entryBytes(key: string, valueBytes: number): number {
  return OVERHEAD + 2 * key.length + valueBytes;
}

function sizeOf(value: Value): number {
  if (value.kind === "bytes") {
    return typeof value.content === "string" ? 2 * value.content.length : value.content.byteLength;
  }
  if (value.kind === "leases") return 120 * value.tokens.size;
  return LIMIT_BYTES;
}
