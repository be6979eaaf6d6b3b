import { isAscii, NUMBER_BYTES, putAscii, putNumber, putText } from "./bytes.ts";
import type { LogFields, LogLevel } from "./logger.ts";
import { quote } from "./quote.ts";

/** Whoever takes lines as bytes. */
export interface LineTaker {
  /** Where a line is put together. */
  readonly desk: Uint8Array;
  /** Whether a line can be taken now. */
  readonly isFree: boolean;
  /** Takes what is on the desk, which stays as it is. */
  take(length: number): void;
}

/** What stands before the value of a field, `,"name":`; undefined for one whose value is not written as it is. */
export type FieldStart = (name: string) => string | undefined;

/** Names that are kept; they come from code, so there are few. */
const MAX_NAMES = 1_000;
/** Fields of one line, at most. */
const MAX_FIELDS = 64;
/** Longest text that is written here, in UTF-16 units. */
const MAX_TEXT = 2_048;
/** A time as ISO 8601 in UTC, of the years 0 to 9999. */
const TIME_LENGTH = 24;
const START = '{"time":"';
const HEAD_AT = START.length + TIME_LENGTH;
const BRACE = 0x7d;
const NEWLINE = 0x0a;
/** Both of them. */
const END_LENGTH = 2;

/** Nothing that a field can be. */
const NOTHING = Symbol();

/** A field of the line on the desk. */
class Slot {
  name = "";
  before: Uint8Array = new Uint8Array(0);
  value: unknown = NOTHING;
  /** Bytes on the desk, `before` among them. */
  length = 0;
}

/**
 * Writes ordinary lines as bytes: of texts in plain ASCII, numbers and the like. The line before is edited: what is the same
 * in both, as most is, stays where it is, or moves with all that is behind it. So a line takes 0.1 to 0.25 µs, a third of what
 * a text takes, and leaves nothing to collect (docs/performance.md).
 *
 * All other lines are left to a format. A test holds the two to the same bytes.
 */
export class PlainLines {
  readonly #taker: LineTaker;
  readonly #desk: Uint8Array;
  readonly #startOf: FieldStart;
  readonly #known = new Map<string, Uint8Array | undefined>();
  /** A number, before its place is known. */
  readonly #digits = new Uint8Array(NUMBER_BYTES);
  readonly #slots = Array.from({ length: MAX_FIELDS }, () => new Slot());
  /** Slots of the line on the desk, and where that ends. */
  #used = 0;
  #end = HEAD_AT;
  #time = "";
  #level = "";
  #message = "";
  #constants = "";
  #headLength = 0;
  /** A getter among the fields may log, too. */
  #isBusy = false;

  constructor(taker: LineTaker, startOf: FieldStart) {
    this.#taker = taker;
    this.#desk = taker.desk;
    this.#startOf = startOf;
    putAscii(this.#desk, 0, START);
  }

  /**
   * Writes a line; false: it is none of these, or cannot be taken now, and nothing was written.
   *
   * @param constants fields that were written before, each with its separator
   */
  write(time: string, level: LogLevel, message: string, constants: string, fields: LogFields): boolean {
    if (this.#isBusy || !this.#taker.isFree || time.length !== TIME_LENGTH) return false;
    const hasHead = constants === this.#constants && message === this.#message && level === this.#level;
    if (!hasHead && !this.#putHead(level, message, constants)) return false;
    if (time !== this.#time) {
      this.#time = time;
      putAscii(this.#desk, START.length, time);
    }
    this.#isBusy = true;
    const isWhole = this.#putFields(fields);
    this.#isBusy = false;
    if (!isWhole) return false;
    this.#desk[this.#end] = BRACE;
    this.#desk[this.#end + 1] = NEWLINE;
    this.#taker.take(this.#end + END_LENGTH);
    return true;
  }

  #putHead(level: LogLevel, message: string, constants: string): boolean {
    const text = `","level":"${level}","msg":${quote(message)}${constants}`;
    if (text.length > MAX_TEXT || !isAscii(text) || !this.#resize(HEAD_AT, this.#headLength, text.length)) return false;
    this.#level = level;
    this.#message = message;
    this.#constants = constants;
    this.#headLength = putAscii(this.#desk, HEAD_AT, text);
    return true;
  }

  /** False if one of them is not to be written here. */
  #putFields(fields: LogFields): boolean {
    let at = HEAD_AT + this.#headLength;
    let count = 0;
    try {
      for (const name in fields) {
        const value = fields[name];
        if (value === undefined) continue;
        const slot = this.#slots[count];
        if (slot === undefined) return this.#cut(count, at);
        if (count >= this.#used || slot.name !== name) {
          // What is behind it belongs to a line of another form.
          this.#cut(count, at);
          if (!this.#begin(slot, name)) return false;
        }
        if (slot.value !== value && !this.#putField(slot, value, at)) return this.#cut(count, at);
        at += slot.length;
        count++;
      }
    } catch {
      // A getter, or a proxy.
      return this.#cut(count, at);
    }
    if (count < this.#used) this.#cut(count, at);
    return true;
  }

  /** The line ends before this slot. */
  #cut(count: number, at: number): false {
    this.#used = count;
    this.#end = at;
    return false;
  }

  /** The next slot of the line, in which nothing is yet. */
  #begin(slot: Slot, name: string): boolean {
    if (slot.name !== name) {
      const before = this.#before(name);
      if (before === undefined) return false;
      slot.name = name;
      slot.before = before;
    }
    slot.value = NOTHING;
    slot.length = 0;
    this.#used++;
    return true;
  }

  #before(name: string): Uint8Array | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const text = this.#startOf(name);
    const before = text === undefined || text.length > MAX_TEXT || !isAscii(text) ? undefined : Buffer.from(text);
    if (this.#known.size < MAX_NAMES) this.#known.set(name, before);
    return before;
  }

  /** False if it is not to be written here, and then something else may be in its place. */
  #putField(slot: Slot, value: unknown, at: number): boolean {
    const { before, length } = slot;
    const start = at + before.length;
    const isText = typeof value === "string";
    const valueLength = isText ? value.length + 2 : this.#putWord(value);
    if (valueLength < 0 || valueLength > MAX_TEXT || !this.#resize(at, length, before.length + valueLength))
      return false;
    if (length === 0) this.#desk.set(before, at);
    slot.value = value;
    slot.length = before.length + valueLength;
    if (isText) return putText(this.#desk, start, value);
    for (let i = 0; i < valueLength; i++) this.#desk[start + i] = this.#digits[i] as number;
    return true;
  }

  /** Writes what is no text, and is short; answers its length, -1 if it is anything else. */
  #putWord(value: unknown): number {
    if (typeof value === "number") return Number.isFinite(value) ? putNumber(this.#digits, value) : -1;
    return typeof value === "boolean" || value === null ? putAscii(this.#digits, 0, String(value)) : -1;
  }

  /** Makes room for something longer or shorter: all that is behind it moves. False: the desk is full. */
  #resize(at: number, before: number, now: number): boolean {
    if (before === now) return true;
    const end = this.#end + now - before;
    if (end + END_LENGTH > this.#desk.length) return false;
    this.#desk.copyWithin(at + now, at + before, this.#end);
    this.#end = end;
    return true;
  }
}
