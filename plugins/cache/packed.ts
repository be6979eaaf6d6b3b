import type { Arena, Segment } from "./arena.ts";
import { ageBy, Entry, textBytes } from "./entry.ts";

/** What the objects around packed bytes take, as measured, in bytes. */
const OVERHEAD = 100;

type Described = readonly [
  own: string,
  varyKey: string,
  status: number,
  reason: string | null,
  etag: string | null,
  lastModified: string | null,
  dateMs: number,
  staleWhileRevalidateMs: number,
  staleIfErrorMs: number,
  isAuthorized: boolean,
];

/**
 * A response that nobody has asked for since it was stored, as most of a flood: its bytes are in the arena, where nobody else sees them, and
 * what is known of it as well. `open` copies it out: what is handed out is never in the arena.
 */
export class Packed {
  readonly tags: readonly string[];
  readonly #arena: Arena;
  readonly #segment: Segment;
  readonly #start: number;
  readonly #describedEnd: number;
  readonly #fieldsEnd: number;
  readonly #end: number;
  // What replies share is not copied.
  readonly #owner: string;
  readonly #vary: readonly string[];
  readonly #directives: Entry["stored"]["terms"]["directives"];
  readonly #receivedMs: number;
  readonly #initialAgeMs: number;
  #lifetimeMs: number;
  readonly #textBytes: number;

  private constructor(entry: Entry, described: string, bytes: number, arena: Arena) {
    const { selection, terms, tags, receivedMs } = entry.stored;
    const { fieldsLength, length } = entry;
    this.#arena = arena;
    this.#segment = arena.take(bytes);
    this.#end = this.#segment.taken;
    this.#start = this.#end - bytes;
    this.#fieldsEnd = this.#end - length;
    this.#describedEnd = this.#fieldsEnd - fieldsLength;
    this.#segment.buffer.write(described, this.#start, "utf8");
    entry.copyTo(this.#segment.buffer, this.#describedEnd);
    this.tags = tags;
    this.#owner = selection.owner;
    this.#vary = terms.vary;
    this.#directives = terms.directives;
    this.#receivedMs = receivedMs;
    this.#initialAgeMs = terms.initialAgeMs;
    this.#lifetimeMs = terms.lifetimeMs;
    this.#textBytes = textBytes(entry.stored);
  }

  /** Undefined for what has no place in the arena: parts, and what is too long. */
  static of(entry: Entry, arena: Arena): Packed | undefined {
    const { stored, fieldsLength, length } = entry;
    if (stored.part !== undefined || fieldsLength + length > arena.most) return undefined;
    const described = JSON.stringify(describe(entry));
    const bytes = Buffer.byteLength(described) + fieldsLength + length;
    return bytes > arena.most ? undefined : new Packed(entry, described, bytes, arena);
  }

  /** Bytes in the arena. */
  get arenaBytes(): number {
    return this.#end - this.#start;
  }

  /** Bytes of memory beside them, by what is measured. */
  get bytes(): number {
    return OVERHEAD + this.#textBytes;
  }

  /** Makes it stale from now on. */
  expire(nowMs: number): void {
    const ageMs = ageBy(this.#initialAgeMs, this.#receivedMs, nowMs);
    this.#lifetimeMs = Math.min(this.#lifetimeMs, ageMs);
  }

  /** The response, with bytes of its own. */
  open(): Entry {
    const { buffer } = this.#segment;
    const text = buffer.toString("utf8", this.#start, this.#describedEnd);
    const [own, varyKey, status, reason, etag, lastModified, dateMs, whileMs, errorMs, isAuthorized] = JSON.parse(
      text,
    ) as Described;
    const stored: Entry["stored"] = {
      selection: { owner: this.#owner, own, varyKey },
      terms: {
        lifetimeMs: this.#lifetimeMs,
        initialAgeMs: this.#initialAgeMs,
        directives: this.#directives,
        staleWhileRevalidateMs: whileMs,
        staleIfErrorMs: errorMs,
        vary: this.#vary,
      },
      status,
      reason: reason ?? undefined,
      validators: { etag: etag ?? undefined, lastModified: lastModified ?? undefined, dateMs },
      tags: this.tags,
      isAuthorized,
      receivedMs: this.#receivedMs,
    };
    const bytes = Buffer.allocUnsafeSlow(this.#end - this.#describedEnd);
    buffer.copy(bytes, 0, this.#describedEnd, this.#end);
    return Entry.over(stored, bytes, this.#fieldsEnd - this.#describedEnd);
  }

  /** Frees its place: it must not be opened after that. */
  free(): void {
    this.#arena.free(this.#segment, this.arenaBytes);
  }
}

function describe({ stored }: Entry): Described {
  const { selection, terms, status, reason, validators, isAuthorized } = stored;
  return [
    selection.own,
    selection.varyKey,
    status,
    reason ?? null,
    validators.etag ?? null,
    validators.lastModified ?? null,
    validators.dateMs,
    terms.staleWhileRevalidateMs,
    terms.staleIfErrorMs,
    isAuthorized,
  ];
}
