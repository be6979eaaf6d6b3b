import type { HeaderList } from "../../src/plugin.ts";
import type { Entry, Selection, Stored } from "./entry.ts";
import { Garbage } from "./garbage.ts";
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

/** The responses in the memory of this process, of all routes together, within a bound of bytes. */
export class Memory {
  readonly #resources: S3Fifo<Resource>;
  readonly #maxBytes: number;
  readonly #garbage: Garbage;
  /** Of contents that are still coming. */
  #borrowed = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#resources = new S3Fifo(maxBytes);
    this.#garbage = new Garbage(maxBytes / SLACK);
  }

  get bytes(): number {
    return this.#resources.bytes + this.#borrowed;
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
    return this.#resources.get(url);
  }

  /** The response, or part of one, that `put` would replace. */
  peekSame(url: string, entry: Entry): Entry | undefined {
    return this.#resources.peek(url)?.find((one) => isSame(one, entry));
  }

  /** Puts a response in the place of the one for the same requests. */
  put(url: string, entry: Entry): void {
    const others = this.#resources.peek(url)?.filter((one) => !isSame(one, entry)) ?? [];
    this.#set(url, [entry, ...others.slice(0, MOST_VARIANTS - 1)]);
  }

  /** Removes one response, if it is still there. */
  remove(url: string, entry: Entry): void {
    const entries = this.#resources.peek(url);
    if (entries?.includes(entry) !== true) return;
    if (entries.length === 1) this.#resources.delete(url);
    else
      this.#set(
        url,
        entries.filter((one) => one !== entry),
      );
  }

  /** Replaces each response of a URL by what the function makes of it, or removes it; whether any was changed. */
  change(url: string, to: (entry: Entry) => Entry | undefined): boolean {
    const entries = this.#resources.peek(url);
    if (entries === undefined) return false;
    const changed = entries.flatMap((entry) => to(entry) ?? []);
    if (changed.length === entries.length && changed.every((entry, i) => entry === entries[i])) return false;
    if (changed.length === 0) this.#resources.delete(url);
    else this.#set(url, changed);
    return true;
  }

  all(): IterableIterator<readonly [string, Resource]> {
    return this.#resources.entries();
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
    const { freed } = this.#resources;
    const kept = count === entries.length ? entries : entries.slice(0, count);
    this.#resources.set(url, kept, SLACK * bytes);
    this.#garbage.add((this.#resources.freed - freed) / SLACK);
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
