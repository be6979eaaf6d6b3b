import { Body, HeaderList, PreparedFields } from "../../src/plugin.ts";
import { hitStatus } from "./rules/cache-status.ts";
import { MAX_SECONDS } from "./rules/directives.ts";
import type { Validators } from "./rules/preconditions.ts";
import type { Terms } from "./rules/storable.ts";

/** Whose requests a response is for, among those for its URL. */
export interface Selection {
  /** The route and service that it came through. */
  readonly owner: string;
  /** What the configuration tells requests apart by: headers, cookies, the principal. */
  readonly own: string;
  /** The request's values of the fields in `terms.vary`. */
  readonly varyKey: string;
}

/** What is known of a stored response beside its bytes. */
export interface Stored {
  readonly selection: Selection;
  readonly terms: Terms;
  readonly status: number;
  readonly reason: string | undefined;
  readonly validators: Validators;
  readonly tags: readonly string[];
  /** It is incomplete: its first byte's place, and how many the whole has (RFC 9111 §3.3). Undefined for a whole response. */
  readonly part?: { readonly start: number; readonly length: number };
  /** The request had Authorization (RFC 9111 §3.5). */
  readonly isAuthorized: boolean;
  /** When it came: ms since 1970. */
  readonly receivedMs: number;
}

/** What the objects around a response take, as measured, in bytes. */
const OVERHEAD = 700;

/** A stored response. It is replaced rather than changed, but for what is known of its use. */
export class Entry {
  readonly stored: Stored;
  /** It must not be used before the service has confirmed it. */
  isInvalid = false;
  /** It is being asked for anew, beside a stale answer. */
  isRefreshing = false;
  /** Its field lines, at the beginning of a buffer; and its content, at the end of one, mostly the same. */
  readonly #fields: Buffer;
  readonly #fieldsEnd: number;
  readonly #content: Buffer;
  readonly #contentStart: number;
  /** Made at first use: most of what comes in a flood is never asked for. */
  #body: Body | undefined = undefined;
  #hit: PreparedFields | undefined = undefined;
  #hitSecond = -1;

  private constructor(stored: Stored, fields: Buffer, fieldsEnd: number, content: Buffer, contentStart: number) {
    this.stored = stored;
    this.#fields = fields;
    this.#fieldsEnd = fieldsEnd;
    this.#content = content;
    this.#contentStart = contentStart;
  }

  /** Puts fields and content into one buffer of their own: chunks may be parts of longer ones, which would stay in memory. */
  static of(stored: Stored, headers: HeaderList, chunks: readonly Uint8Array[], length: number): Entry {
    const { buffer, byteLength } = PreparedFields.of(headers, length);
    let at = byteLength;
    for (const chunk of chunks) {
      buffer.set(chunk, at);
      at += chunk.byteLength;
    }
    return new Entry(stored, buffer, byteLength, buffer, byteLength);
  }

  /** The same with a content that is in memory. */
  static whole(stored: Stored, headers: HeaderList, body: Body): Entry {
    const { buffer, byteLength } = PreparedFields.of(headers, body.length);
    body.copyTo({ part: (source, start, end) => source.copy(buffer, byteLength, start, end) });
    return new Entry(stored, buffer, byteLength, buffer, byteLength);
  }

  /** Of a buffer of its own, which has field lines that `copyTo` has written, and the content behind them. */
  static over(stored: Stored, buffer: Buffer, fieldsEnd: number): Entry {
    return new Entry(stored, buffer, fieldsEnd, buffer, fieldsEnd);
  }

  /** Writes field lines and content to that place. */
  copyTo(target: Buffer, at: number): void {
    this.#fields.copy(target, at, 0, this.#fieldsEnd);
    this.#content.copy(target, at + this.#fieldsEnd, this.#contentStart);
  }

  /** The same content with other fields. */
  with(stored: Stored, headers: HeaderList): Entry {
    const { buffer, byteLength } = PreparedFields.of(headers);
    return new Entry(stored, buffer, byteLength, this.#content, this.#contentStart);
  }

  get headers(): PreparedFields {
    return PreparedFields.over(this.#fields, this.#fieldsEnd);
  }

  get headerList(): HeaderList {
    return new HeaderList(this.headers);
  }

  /** The content, for any number of replies. */
  get body(): Body {
    this.#body ??= Body.part(this.#content, this.#contentStart, this.#content.byteLength);
    return this.#body;
  }

  /** Bytes of the field lines. */
  get fieldsLength(): number {
    return this.#fieldsEnd;
  }

  /** Bytes of the content. */
  get length(): number {
    return this.#content.byteLength - this.#contentStart;
  }

  /** Bytes of memory, by what is measured. */
  get bytes(): number {
    const fields = this.#fields === this.#content ? 0 : this.#fields.byteLength;
    return OVERHEAD + this.#content.byteLength + fields + textBytes(this.stored);
  }

  /** The same, stale from now on. */
  expired(nowMs: number): Entry {
    const { terms } = this.stored;
    const lifetimeMs = Math.min(terms.lifetimeMs, this.ageAt(nowMs));
    const stored = { ...this.stored, terms: { ...terms, lifetimeMs } };
    return new Entry(stored, this.#fields, this.#fieldsEnd, this.#content, this.#contentStart);
  }

  ageAt(nowMs: number): number {
    return ageOf(this.stored, nowMs);
  }

  /** The fields of an answer from the store: the same for all answers of one second. */
  hitHeaders(ageMs: number): HeaderList {
    const second = Math.floor(ageMs / 1_000);
    if (this.#hit === undefined || second !== this.#hitSecond) {
      const ttl = Math.floor((this.stored.terms.lifetimeMs - ageMs) / 1_000);
      this.#hit = this.headers.with(answerFields(second, hitStatus(ttl)));
      this.#hitSecond = second;
    }
    return new HeaderList(this.#hit);
  }
}

/** What texts take beside their letters, as measured, in bytes. */
const TEXT_OVERHEAD = 48;

/** Bytes of memory that texts take which a response does not share with others. */
export function textBytes({ selection, validators, tags, terms }: Stored): number {
  let bytes = selection.own.length + selection.varyKey.length + (validators.etag?.length ?? 0);
  for (const tag of tags) bytes += TEXT_OVERHEAD + tag.length;
  for (const name of terms.vary) bytes += TEXT_OVERHEAD + name.length;
  for (const name of terms.directives.withheld) bytes += TEXT_OVERHEAD + name.length;
  return bytes;
}

/** Clocks of gateways, and one clock that is being corrected, may differ by so much, in ms. */
const SKEW_MS = 1_000;
/** The age of a response that nobody knows, in ms: it is not fresh by any terms. */
const UNKNOWN_MS = Number.MAX_SAFE_INTEGER;

/**
 * How old a response is, in ms (RFC 9111 §4.2.3). One that came later than now came before the clock was set back, and nobody knows how
 * long ago.
 */
export function ageOf({ terms, receivedMs }: Stored, nowMs: number): number {
  return ageBy(terms.initialAgeMs, receivedMs, nowMs);
}

/** The same by its age when it came, and when that was. */
export function ageBy(initialAgeMs: number, receivedMs: number, nowMs: number): number {
  const residentMs = nowMs - receivedMs;
  return residentMs < -SKEW_MS ? UNKNOWN_MS : initialAgeMs + Math.max(0, residentMs);
}

/** The fields of an answer from what is stored, or is being stored. */
export function fieldsOf(headers: PreparedFields, ageMs: number, cacheStatus: string): HeaderList {
  return new HeaderList(headers.with(answerFields(Math.floor(ageMs / 1_000), cacheStatus)));
}

/** RFC 9111 §5.1, RFC 9211 §2. */
function answerFields(ageSeconds: number, cacheStatus: string): HeaderList {
  return new HeaderList(["age", String(Math.min(ageSeconds, MAX_SECONDS)), "cache-status", cacheStatus]);
}
