import type { LineFormat } from "./format.ts";
import { jsonValue, REDACTED, type ValueOptions } from "./json-value.ts";
import type { LogFields } from "./logger.ts";
import { isPlain, quote } from "./quote.ts";

/** Names that a line has anyway; a field of that name gets an underscore behind it. */
const OWN_NAMES = ["time", "level", "msg"];
/** Names come from code, so there are few; made up ones must not fill the memory. */
const MAX_NAMES = 1_000;
/** Longest field that is kept, in UTF-16 units. */
const MAX_KEPT = 256;

/** A field's name, and the latest value under it: most lines have the same in most fields as the line before. */
class Field {
  readonly #name: string;
  /** The same, and the quotation mark before a text. */
  readonly #before: string;
  readonly #isSecret: boolean;
  readonly #options: ValueOptions;
  #value: unknown = undefined;
  #text = "";
  #isJoined = false;

  constructor(name: string, options: ValueOptions) {
    this.#name = jsonFieldStart(name);
    this.#before = `${this.#name}"`;
    this.#isSecret = options.isSecret(name);
    this.#options = options;
  }

  /** `,"name":value` */
  with(value: unknown): string {
    if (typeof value === "object") return this.#name + this.#written(value);
    if (value !== this.#value) return this.#first(value);
    if (!this.#isJoined) {
      this.#text = joined(this.#text);
      this.#isJoined = true;
    }
    return this.#text;
  }

  #first(value: unknown): string {
    // The fewer parts a line is put together of, the less it costs to write.
    const isText = typeof value === "string" && !this.#isSecret && isPlain(value);
    const text = isText ? `${this.#before}${value}"` : this.#name + this.#written(value);
    // A long text is no part of many lines.
    if (text.length > MAX_KEPT) return text;
    this.#value = value;
    this.#text = text;
    this.#isJoined = false;
    return text;
  }

  #written(value: unknown): string {
    return this.#isSecret ? REDACTED : jsonValue(value, this.#options);
  }
}

/** One JSON object a line: time, level, msg, then the fields in their order. */
export function jsonFormat(options: ValueOptions): LineFormat {
  const known = new Map<string, Field>();

  const fieldOf = (name: string): Field => {
    const field = known.get(name);
    if (field !== undefined) return field;
    const made = new Field(name, options);
    if (known.size < MAX_NAMES) known.set(name, made);
    return made;
  };

  let [latestTime, start] = ["", ""];
  /** Many lines are of the same millisecond. */
  const startOf = (time: string): string => {
    if (time === latestTime) return start;
    latestTime = time;
    start = joined(`{"time":"${time}","level":"`);
    return start;
  };

  let [latestLevel, latestMessage, head] = ["", "", ""];
  const headOf = (level: string, message: string): string => {
    if (level === latestLevel && message === latestMessage) return head;
    latestLevel = level;
    latestMessage = message;
    head = joined(`${level}","msg":${quote(message)}`);
    return head;
  };

  return {
    fields(fields: LogFields, except?: LogFields) {
      let text = "";
      for (const key in fields) {
        const value = fields[key];
        if (value === undefined || (except !== undefined && key in except)) continue;
        text += fieldOf(key).with(value);
      }
      return text;
    },
    line: (time, level, message, fields) => `${startOf(time)}${headOf(level, message)}${fields}}\n`,
  };
}

/** `,"name":` */
export function jsonFieldStart(name: string): string {
  return `,${quote(OWN_NAMES.includes(name) ? `${name}_` : name)}:`;
}

/** The text in one piece: the engine would copy it out of all its parts in every line anew. */
function joined(text: string): string {
  return Buffer.from(text).toString();
}
