import type { LogFields, LogLevel } from "./logger.ts";
import { isPlain, quote } from "./quote.ts";

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
/** For whatever else a field has: numbers and words. */
const MORE = 32;

const QUOTE = 0x22;
const ZERO = 0x30;
const POINT = 0x2e;
const BRACE = 0x7d;
const NEWLINE = 0x0a;

/** Nothing that a field can be. */
const NOTHING = Symbol();

/** What is at one place of the line on the desk. */
class Slot {
  name = "";
  before: Uint8Array = new Uint8Array(0);
  value: unknown = NOTHING;
  at = -1;
  end = -1;
}

/**
 * Writes ordinary lines as bytes: of texts in plain ASCII, numbers and the like. A line is written over the line before,
 * and only where it differs: most fields have the value that they had, and stand where they stood. So a line costs a third
 * of what a text costs, and leaves nothing for the collector.
 *
 * All other lines are left to a format. A test holds the two to the same bytes.
 */
export class PlainLines {
  readonly #taker: LineTaker;
  readonly #desk: Uint8Array;
  readonly #start: FieldStart;
  readonly #known = new Map<string, Uint8Array | undefined>();
  readonly #slots = Array.from({ length: MAX_FIELDS }, () => new Slot());
  /** Slots of the line on the desk. */
  #used = 0;
  #time = "";
  #level = "";
  #message = "";
  #constants = "";
  #headEnd = 0;
  /** A getter among the fields may log, too. */
  #isBusy = false;

  constructor(taker: LineTaker, start: FieldStart) {
    this.#taker = taker;
    this.#desk = taker.desk;
    this.#start = start;
  }

  /**
   * Writes a line; false: it is none of these, or cannot be taken now, and nothing was written.
   *
   * @param constants fields that were written before, each with its separator
   */
  write(time: string, level: LogLevel, message: string, constants: string, fields: LogFields): boolean {
    if (this.#isBusy || !this.#taker.isFree || time.length !== TIME_LENGTH) return false;
    const isHead = level === this.#level && message === this.#message && constants === this.#constants;
    if (!isHead && !this.#writeHead(level, message, constants)) return false;
    if (time !== this.#time) {
      this.#time = time;
      writeAscii(this.#desk, START.length, time);
    }
    this.#isBusy = true;
    const end = this.#writeFields(fields);
    this.#isBusy = false;
    if (end < 0) return false;
    this.#desk[end] = BRACE;
    this.#desk[end + 1] = NEWLINE;
    this.#taker.take(end + 2);
    return true;
  }

  #writeHead(level: LogLevel, message: string, constants: string): boolean {
    const text = `","level":"${level}","msg":${quote(message)}${constants}`;
    const at = START.length + TIME_LENGTH;
    if (text.length > MAX_TEXT || !isAscii(text)) return false;
    this.#level = level;
    this.#message = message;
    this.#constants = constants;
    writeAscii(this.#desk, 0, START);
    writeAscii(this.#desk, at, text);
    this.#headEnd = at + text.length;
    return true;
  }

  /** Where they end; -1 if one of them is not to be written here. */
  #writeFields(fields: LogFields): number {
    let at = this.#headEnd;
    let count = 0;
    try {
      for (const name in fields) {
        const value = fields[name];
        if (value === undefined) continue;
        const slot = this.#slots[count];
        if (slot === undefined || (slot.name !== name && !this.#rename(slot, name))) return this.#forget(count);
        // All that was written of this line is before `at`: what is there is still what the line before had.
        if (slot.at !== at || slot.value !== value) {
          const end = this.#writeField(slot, value, at);
          if (end < 0) return this.#forget(count);
          slot.value = value;
          slot.at = at;
          slot.end = end;
        }
        at = slot.end;
        count++;
      }
    } catch {
      // A getter, or a proxy.
      return this.#forget(count);
    }
    if (count < this.#used) this.#forget(count);
    this.#used = count;
    return at;
  }

  /** What is on the desk from this slot on is no longer, or will not be, what the slots say. */
  #forget(from: number): -1 {
    for (let i = from; i < this.#used; i++) (this.#slots[i] as Slot).at = -1;
    const next = this.#slots[from];
    if (next !== undefined) next.at = -1;
    this.#used = from;
    return -1;
  }

  #rename(slot: Slot, name: string): boolean {
    const before = this.#before(name);
    if (before === undefined) return false;
    slot.name = name;
    slot.before = before;
    slot.at = -1;
    return true;
  }

  #before(name: string): Uint8Array | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const text = this.#start(name);
    const before = text === undefined || text.length > MAX_TEXT || !isAscii(text) ? undefined : Buffer.from(text);
    if (this.#known.size < MAX_NAMES) this.#known.set(name, before);
    return before;
  }

  /** Where it ends; -1 if it is not to be written here, and then what was at that place may be overwritten. */
  #writeField({ before }: Slot, value: unknown, at: number): number {
    const desk = this.#desk;
    const isText = typeof value === "string";
    if (at + before.length + (isText ? value.length : 0) + MORE > desk.length) return -1;
    for (let i = 0; i < before.length; i++) desk[at + i] = before[i] as number;
    const start = at + before.length;
    if (isText) return value.length > MAX_TEXT ? -1 : writeText(desk, start, value);
    if (typeof value === "number") return writeNumber(desk, start, value);
    return typeof value === "boolean" || value === null ? writeAscii(desk, start, String(value)) : -1;
  }
}

/** With its quotes; -1 if it has anything but ASCII that stands for itself. */
function writeText(bytes: Uint8Array, at: number, text: string): number {
  bytes[at] = QUOTE;
  const start = at + 1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (plainTable[unit] !== 1) return -1;
    bytes[start + i] = unit;
  }
  bytes[start + text.length] = QUOTE;
  return start + text.length + 1;
}

/** Whole numbers and hundredths, as most are, are written digit by digit. */
function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  if (!Number.isFinite(value)) return -1;
  const hundredths = Math.round(value * 100);
  // The shortest text of a number that is the nearest to such a decimal is that decimal.
  if (value < 0 || value > 1e7 || hundredths / 100 !== value) return writeAscii(bytes, at, `${value}`);
  const whole = (hundredths / 100) | 0;
  const end = writeDigits(bytes, at, whole);
  const rest = hundredths - whole * 100;
  if (rest === 0) return end;
  const tenths = (rest / 10) | 0;
  bytes[end] = POINT;
  bytes[end + 1] = ZERO + tenths;
  if (rest === tenths * 10) return end + 2;
  bytes[end + 2] = ZERO + rest - tenths * 10;
  return end + 3;
}

/** A whole number below 2³¹. */
function writeDigits(bytes: Uint8Array, at: number, value: number): number {
  let end = at + 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) end++;
  for (let i = end - 1, rest = value; i >= at; i--, rest = (rest / 10) | 0) bytes[i] = ZERO + (rest % 10);
  return end;
}

function writeAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** 1: an octet of ASCII that stands for itself in a log. */
const plainTable = new Uint8Array(128).map((_, octet) => (isPlain(String.fromCharCode(octet)) ? 1 : 0));
