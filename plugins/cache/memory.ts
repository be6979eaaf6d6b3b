import type { HeaderList } from "../../src/plugin.ts";
import { Arena } from "./arena.ts";
import type { Entry, Selection, Stored } from "./entry.ts";
import { Garbage } from "./garbage.ts";
import { Packed } from "./packed.ts";
import { varyKey } from "./rules/vary.ts";
import { S3Fifo } from "./s3-fifo.ts";

/** All responses of one URL, the latest first. They stay and go together. */
export type Resource = readonly Entry[];

/** Variants of one URL that are kept at most; a service that varies by more fills no memory with them. */
const MOST_VARIANTS = 64;
/** What the objects around a URL take, as measured, in bytes. */
const OVERHEAD = 300;

/** A process takes about so many times the memory that is in use, as measured: what is not in use any more is collected in batches. */
const SLACK = 2.5;
/** The same of the arena, where what is not in use any more is used again at once. */
const ARENA_SLACK = 1.25;

/** What is stored for one URL. */
type Kept = Resource | Packed;

/** The responses in the memory of this process, of all routes together, within a bound of bytes. */
export class Memory {
  readonly #resources: S3Fifo<Kept>;
  readonly #arena: Arena;
  readonly #maxBytes: number;
  readonly #garbage: Garbage;
  /** Of contents that are still coming. */
  #borrowed = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#arena = new Arena(maxBytes);
    this.#garbage = new Garbage(maxBytes / SLACK);
    this.#resources = new S3Fifo(maxBytes, {
      reserved: () => ARENA_SLACK * this.#arena.waste + this.#borrowed,
      onGone: (kept, bytes) => this.#drop(kept, bytes),
    });
  }

  get bytes(): number {
    return this.#resources.bytes + ARENA_SLACK * this.#arena.waste + this.#borrowed;
  }

  /** URLs that something is stored for. */
  get size(): number {
    return this.#resources.size;
  }

  get evicted(): number {
    return this.#resources.evicted;
  }

  /** Bytes of the longest content that there is ever room for. */
  get longest(): number {
    return Math.floor(this.#resources.most / SLACK);
  }

  get(url: string): Resource | undefined {
    return this.#opened(url, this.#resources.get(url));
  }

  /** The response, or part of one, that `put` would replace. */
  peekSame(url: string, entry: Entry): Entry | undefined {
    return this.#peek(url)?.find((one) => isSame(one, entry));
  }

  /** Puts a response in the place of the one for the same requests. */
  put(url: string, entry: Entry): void {
    this.#garbage.came(entry.bytes);
    const packed = this.#resources.isNew(url) ? Packed.of(entry, this.#arena) : undefined;
    if (packed !== undefined) {
      this.#resources.set(
        url,
        packed,
        ARENA_SLACK * packed.arenaBytes + SLACK * (OVERHEAD + url.length + packed.bytes),
      );
      return;
    }
    const others = this.#peek(url)?.filter((one) => !isSame(one, entry)) ?? [];
    this.#set(url, [entry, ...others.slice(0, MOST_VARIANTS - 1)]);
  }

  /** Removes one response, if it is still there. */
  remove(url: string, entry: Entry): void {
    const entries = this.#peek(url);
    if (entries?.includes(entry) !== true) return;
    if (entries.length === 1) this.#resources.delete(url);
    else
      this.#set(
        url,
        entries.filter((one) => one !== entry),
      );
  }

  /** Removes the responses of a URL that are meant, or makes them stale; whether there were any. */
  purge(url: string, isMeant: (tags: readonly string[]) => boolean, staleFromMs?: number): boolean {
    const kept = this.#resources.peek(url);
    if (kept === undefined) return false;
    if (kept instanceof Packed) {
      if (!isMeant(kept.tags)) return false;
      if (staleFromMs === undefined) this.#resources.delete(url);
      else kept.expire(staleFromMs);
      return true;
    }
    const left = kept.flatMap((entry) => {
      if (!isMeant(entry.stored.tags)) return [entry];
      return staleFromMs === undefined ? [] : [entry.expired(staleFromMs)];
    });
    if (left.length === kept.length && left.every((entry, i) => entry === kept[i])) return false;
    if (left.length === 0) this.#resources.delete(url);
    else this.#set(url, left);
    return true;
  }

  urls(): IterableIterator<string> {
    return this.#resources.keys();
  }

  /** Takes room for a content that is coming; false if too much is coming already. */
  borrow(bytes: number): boolean {
    if (this.#borrowed + SLACK * bytes > this.#maxBytes / 4) return false;
    this.#borrowed += SLACK * bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#borrowed -= SLACK * bytes;
  }

  #peek(url: string): Resource | undefined {
    return this.#opened(url, this.#resources.peek(url));
  }

  #opened(url: string, kept: Kept | undefined): Resource | undefined {
    if (!(kept instanceof Packed)) return kept;
    const resource = [kept.open()];
    this.#set(url, resource);
    return resource;
  }

  /** Of variants that take too much together the latest are kept. */
  #set(url: string, entries: readonly Entry[]): void {
    const most = this.#resources.most / SLACK;
    let bytes = OVERHEAD + url.length;
    let count = 0;
    for (const entry of entries) {
      if (count > 0 && bytes + entry.bytes > most) break;
      bytes += entry.bytes;
      count++;
    }
    const kept = count === entries.length ? entries : entries.slice(0, count);
    this.#resources.set(url, kept, SLACK * bytes);
  }

  #drop(kept: Kept, bytes: number): void {
    if (kept instanceof Packed) kept.free();
    this.#garbage.add((kept instanceof Packed ? bytes - ARENA_SLACK * kept.arenaBytes : bytes) / SLACK);
  }
}

function isSame({ stored: a }: Entry, { stored: b }: Entry): boolean {
  return (
    a.selection.owner === b.selection.owner &&
    a.selection.own === b.selection.own &&
    a.selection.varyKey === b.selection.varyKey &&
    a.terms.vary.join() === b.terms.vary.join()
  );
}

/** The whole response for a request with these fields: the latest of those that match (RFC 9111 §4, §4.1). */
export function selectEntry(entries: Resource, owner: string, own: string, headers: HeaderList): Entry | undefined {
  return select(entries, false, owner, own, headers);
}

/** The same for a part of a response. */
export function selectPart(entries: Resource, owner: string, own: string, headers: HeaderList): Entry | undefined {
  return select(entries, true, owner, own, headers);
}

function select(entries: Resource, isPart: boolean, owner: string, own: string, headers: HeaderList) {
  let names: readonly string[] | undefined;
  let wanted = "";
  for (const entry of entries) {
    const { selection, terms, part } = entry.stored;
    if ((part !== undefined) !== isPart || selection.owner !== owner || selection.own !== own) continue;
    if (terms.vary.length === 0) return entry;
    // Variants mostly vary by the same fields: what the request has there is made out once.
    if (terms.vary !== names) wanted = varyKey(terms.vary, headers);
    names = terms.vary;
    if (selection.varyKey === wanted) return entry;
  }
  return undefined;
}

/** Whether a response is for a request with these fields. */
export function isFor({ selection, terms }: Stored, owner: string, own: string, headers: HeaderList): boolean {
  return selection.owner === owner && selection.own === own && isSelected(selection, terms.vary, headers);
}

/** Whether a request has the fields that a response was chosen by (RFC 9111 §4.1). */
export function isSelected({ varyKey: key }: Selection, vary: readonly string[], headers: HeaderList): boolean {
  return vary.length === 0 || varyKey(vary, headers) === key;
}
