import { type LineFormat, secretNames } from "./format.ts";
import { jsonFormat } from "./format-json.ts";
import { prettyFormat } from "./format-pretty.ts";
import type { LogFields, Logger, LogLevel } from "./logger.ts";
import { createTimestamps } from "./timestamp.ts";

export interface LoggerOptions {
  /** Lines below it are left out. At debug, errors tell where they were made. */
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
  /** Fields whose values are hidden, on every level of nesting; compared without regard to case. */
  readonly redact: readonly string[];
  /** Takes a line with its end; it must not wait or throw. */
  write(text: string): void;
  /** Wall-clock time in ms since 1970. */
  now(): number;
}

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger that writes through `options.write`; see `createOutput` for what that usually is. */
export function createLogger(options: LoggerOptions): Logger {
  const values = { isSecret: secretNames(options.redact), hasStack: options.level === "debug" };
  const format = options.format === "json" ? jsonFormat(values) : prettyFormat(values);
  const timestamp = createTimestamps();
  const { write, now } = options;
  return new LineLogger({ minimum: RANKS[options.level], format, write, time: () => timestamp(now()) }, {});
}

/** A logger that keeps nothing. */
export function createNullLogger(): Logger {
  return createLogger({ level: "error", format: "json", redact: [], write: () => {}, now: () => 0 });
}

/** What a logger and those made from it share. */
interface Shared {
  readonly minimum: number;
  readonly format: LineFormat;
  write(text: string): void;
  time(): string;
}

/** A class for the sake of its cost: the constant fields are written once, when it is made. */
class LineLogger implements Logger {
  readonly #shared: Shared;
  readonly #minimum: number;
  readonly #constants: LogFields;
  readonly #constantText: string;

  constructor(shared: Shared, constants: LogFields) {
    this.#shared = shared;
    this.#minimum = shared.minimum;
    this.#constants = constants;
    this.#constantText = safeFields(shared.format, constants);
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#minimum <= RANKS.debug) this.#write("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    if (this.#minimum <= RANKS.info) this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#minimum <= RANKS.warn) this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  with(fields: LogFields): Logger {
    return new LineLogger(this.#shared, { ...this.#constants, ...fields });
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    const { format, write, time } = this.#shared;
    write(format.line(time(), level, message, fields === undefined ? this.#constantText : this.#textOf(fields)));
  }

  /** A line's own field takes the place of a constant one of the same name. */
  #textOf(fields: LogFields): string {
    const { format } = this.#shared;
    const own = safeFields(format, fields);
    if (this.#constantText === "") return own;
    for (const name in this.#constants) {
      if (name in fields) return safeFields(format, this.#constants, fields) + own;
    }
    return this.#constantText + own;
  }
}

/** A getter or a proxy among the fields may throw; the line is written all the same. */
function safeFields(format: LineFormat, fields: LogFields, except?: LogFields): string {
  try {
    return format.fields(fields, except);
  } catch {
    return format.fields({ fields: "[unreadable]" });
  }
}
