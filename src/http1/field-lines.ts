import type { ByteSink, WireFields } from "../message/headers.ts";
import { COLON, CR, HTAB, LF, SP, valueTable } from "./chars.ts";
import * as kind from "./field-kinds.ts";
import { parseFields } from "./fields.ts";
import { Framing } from "./framing.ts";
import { hashNext, smallTable } from "./names.ts";

/** Digits of the longest length that is read here. */
const MAX_DIGITS = 14;

/**
 * The field lines of an ordinary head (RFC 9112 §5) as they are on the wire, checked but not taken apart: a message that
 * nobody looks into goes on as the bytes it came as. Names are in small letters, one space is behind each colon.
 */
export class FieldLines extends Framing implements WireFields {
  hasDate = false;
  hasVia = false;
  /** There may be fields that only a trusted proxy may send. */
  mayHaveProxyFields = false;
  hasTrace = false;
  /** Where the value of Host stands; 0 without. */
  hostStart = 0;
  hostEnd = 0;
  /** How many lines of Authorization there are, and where the value of the last stands. */
  #authorizations = 0;
  #authorizationStart = 0;
  #authorizationEnd = 0;
  /** The same of Traceparent. */
  #traceparents = 0;
  #traceparentStart = 0;
  #traceparentEnd = 0;
  /** A bit for what the hash of each name ends with, and for what is before that: a name without both its bits is none of them. */
  #names = 0;
  #namesBefore = 0;
  readonly bytes: Buffer;
  readonly #start: number;
  /** Where the empty line begins. */
  readonly #end: number;
  /** Where the last span of lines that go on starts and ends. */
  #from = 0;
  #to = 0;
  /** The starts and ends of those before it; most heads have one span, since Host comes first. */
  #before: number[] | undefined = undefined;

  constructor(bytes: Buffer, start: number, end: number) {
    super();
    this.bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  parse(): string[] {
    return parseFields(this.bytes.toString("latin1", this.#start, this.#end + 2), 0, Number.POSITIVE_INFINITY);
  }

  valuesOf(name: string): string[] | undefined {
    const isTrace = name === "traceparent";
    if (!isTrace && name !== "authorization") return undefined;
    const count = isTrace ? this.#traceparents : this.#authorizations;
    if (count === 0) return [];
    if (count > 1) return undefined;
    if (isTrace) return [this.bytes.toString("latin1", this.#traceparentStart, this.#traceparentEnd)];
    return [this.bytes.toString("latin1", this.#authorizationStart, this.#authorizationEnd)];
  }

  lacks(name: string): boolean {
    let hash = 0;
    for (let i = 0; i < name.length; i++) hash = hashNext(hash, name.charCodeAt(i));
    return (this.#names & (1 << hash)) === 0 || (this.#namesBefore & (1 << (hash >> 5))) === 0;
  }

  copyTo(out: ByteSink): void {
    const before = this.#before;
    if (before !== undefined) {
      for (let i = 0; i < before.length; i += 2) out.part(this.bytes, before[i] as number, before[i + 1] as number);
    }
    if (this.#to !== 0) out.part(this.bytes, this.#from, this.#to);
  }

  /** Reads all lines; false if one of them is not ordinary, which the parser then has to judge. */
  scan(maxCount: number): boolean {
    const { bytes } = this;
    const end = this.#end;
    let spanStart = -1;
    let count = 0;
    let at = this.#start;
    while (at < end) {
      const nameStart = at;
      let hash = 0;
      let code = bytes[at] as number;
      for (let small = smallTable[code] as number; small !== 0; small = smallTable[code] as number) {
        if (small !== code) bytes[at] = small;
        hash = hashNext(hash, small);
        code = bytes[++at] as number;
      }
      if (code !== COLON || at === nameStart || ++count > maxCount || bytes[at + 1] !== SP) return false;
      this.#names |= 1 << hash;
      this.#namesBefore |= 1 << (hash >> 5);
      const nameEnd = at;
      const valueStart = at + 2;
      at = valueStart;
      while (valueTable[bytes[at] as number] === 1) at++;
      if (bytes[at] !== CR || bytes[at + 1] !== LF || !isTrimmed(bytes, valueStart, at)) return false;

      const what = kind.kindOf(bytes, nameStart, nameEnd, hash);
      if (what === kind.PLAIN && kind.mayBeProxyField(bytes, nameStart, nameEnd)) this.mayHaveProxyFields = true;
      if (what !== kind.PLAIN && !this.#note(what, valueStart, at)) return false;
      const isKept = what === kind.PLAIN || kind.isKept(what);
      if (isKept && spanStart === -1) spanStart = nameStart;
      if (!isKept && spanStart !== -1) {
        this.#addSpan(spanStart, nameStart);
        spanStart = -1;
      }
      at += 2;
    }
    if (spanStart !== -1) this.#addSpan(spanStart, end);
    return !(this.isChunked && this.contentLength !== undefined);
  }

  #addSpan(from: number, to: number): void {
    if (this.#to !== 0) {
      this.#before ??= [];
      this.#before.push(this.#from, this.#to);
    }
    this.#from = from;
    this.#to = to;
  }

  /** What a field with a meaning says; false if that is not simple. */
  #note(what: number, start: number, end: number): boolean {
    switch (what) {
      case kind.DROPPED:
        return true;
      case kind.DATE:
        this.hasDate = true;
        return true;
      case kind.VIA:
        this.hasVia = true;
        return true;
      case kind.AUTHORIZATION:
        this.#authorizations++;
        this.#authorizationStart = start;
        this.#authorizationEnd = end;
        return true;
      case kind.TRACESTATE:
        this.hasTrace = true;
        return true;
      case kind.TRACEPARENT:
        this.hasTrace = true;
        this.#traceparents++;
        this.#traceparentStart = start;
        this.#traceparentEnd = end;
        return true;
      case kind.HOST: {
        const isFirst = this.hostStart === 0;
        this.hostStart = start;
        this.hostEnd = end;
        return isFirst;
      }
      case kind.CONTENT_LENGTH: {
        const isFirst = this.contentLength === undefined;
        this.contentLength = decimal(this.bytes, start, end);
        return isFirst && this.contentLength !== undefined;
      }
      case kind.TRANSFER_ENCODING: {
        const isFirst = !this.isChunked;
        this.isChunked = isText(this.bytes, start, end, "chunked");
        return isFirst && this.isChunked;
      }
      case kind.CONNECTION:
        if (this.hasClose || this.hasKeepAlive) return false;
        this.hasKeepAlive = isText(this.bytes, start, end, "keep-alive");
        this.hasClose = isText(this.bytes, start, end, "close");
        return this.hasKeepAlive || this.hasClose;
      default:
        return false;
    }
  }
}

/** A value that is not empty and has no blank at either end goes on as it came. */
function isTrimmed(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  const first = bytes[start];
  const last = bytes[end - 1];
  return first !== SP && first !== HTAB && last !== SP && last !== HTAB;
}

/** RFC 9110 §8.6: digits alone. */
function decimal(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > MAX_DIGITS) return undefined;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = (bytes[i] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** Whether the text stands there; letters in either case. */
function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) {
    if (smallTable[bytes[start + i] as number] !== text.charCodeAt(i)) return false;
  }
  return true;
}
