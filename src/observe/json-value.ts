import { HeaderList } from "../message/headers.ts";
import { errorFields } from "./error-fields.ts";
import { quote } from "./quote.ts";

export const REDACTED = '"[redacted]"';

const MAX_DEPTH = 8;
const MAX_ENTRIES = 200;
/** Values in one field, all levels together: a wide and deep object costs no more than this. */
const MAX_VALUES = 1_000;

export interface ValueOptions {
  /** Whether the value under this name is to be hidden. */
  isSecret(name: string): boolean;
  /** Tell where an error was made. */
  readonly hasStack: boolean;
}

/** The value as JSON text of one line. Never throws: what JSON cannot hold, or cannot be read, becomes a text. */
export function jsonValue(value: unknown, options: ValueOptions): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return Number.isFinite(value) ? `${value}` : `"${value}"`;
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : new Writer(options).object(value);
    case "undefined":
      return '"undefined"';
    default:
      return quote(typeof value === "function" ? `[function ${value.name}]` : String(value));
  }
}

/** Writes one object, and remembers what it is in the middle of. */
class Writer {
  readonly #options: ValueOptions;
  readonly #path: object[] = [];
  #left = MAX_VALUES;

  constructor(options: ValueOptions) {
    this.#options = options;
  }

  object(value: object): string {
    if (this.#path.includes(value)) return '"[circular]"';
    if (this.#path.length === MAX_DEPTH) return '"[too deep]"';
    const depth = this.#path.length;
    this.#path.push(value);
    try {
      return this.#content(value);
    } catch {
      return '"[unreadable]"';
    } finally {
      this.#path.length = depth;
    }
  }

  #content(value: object): string {
    if (value instanceof Error) return this.#entries(Object.entries(errorFields(value, this.#options.hasStack)));
    if (Array.isArray(value)) return this.#items(value);
    if (value instanceof Map || value instanceof Headers) return this.#entries(value);
    if (value instanceof HeaderList)
      return this.#entries(Object.entries(Object.groupBy(value, ([name]) => name)).map(joined));
    if (value instanceof Set) return this.#items(value);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `"[${value.byteLength} bytes]"`;
    if ("toJSON" in value && typeof value.toJSON === "function") return this.#value(value.toJSON());
    return this.#entries(Object.entries(value));
  }

  #items(values: Iterable<unknown>): string {
    const texts: string[] = [];
    for (const value of values) {
      if (texts.length === MAX_ENTRIES || this.#left <= 0) {
        texts.push('"[more]"');
        break;
      }
      texts.push(this.#value(value));
    }
    return `[${texts.join(",")}]`;
  }

  #entries(entries: Iterable<readonly [unknown, unknown]>): string {
    const texts: string[] = [];
    for (const [key, value] of entries) {
      if (value === undefined) continue;
      if (texts.length === MAX_ENTRIES || this.#left <= 0) {
        texts.push('"[more]":true');
        break;
      }
      const name = typeof key === "string" ? key : String(key);
      texts.push(`${quote(name)}:${this.#options.isSecret(name) ? REDACTED : this.#value(value)}`);
    }
    return `{${texts.join(",")}}`;
  }

  #value(value: unknown): string {
    this.#left--;
    return typeof value === "object" && value !== null ? this.object(value) : jsonValue(value, this.#options);
  }
}

function joined([name, lines]: [string, [string, string][] | undefined]): [string, string] {
  return [name, (lines ?? []).map(([, value]) => value).join(", ")];
}
