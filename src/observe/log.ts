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

/** A logger that can be told other settings; those that were made from it go by them, too. */
export interface RootLogger extends Logger {
  configure(settings: Pick<LoggerOptions, "level" | "redact">): void;
}

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger that writes through `options.write`; see `createOutput` for what that usually is. */
export function createLogger(options: LoggerOptions): RootLogger {
  const timestamp = createTimestamps();
  const { write, now } = options;
  return new LineLogger({ ...settingsOf(options), write, time: () => timestamp(now()) }, {}, options.format);
}

function settingsOf({ level, format, redact }: Pick<LoggerOptions, "level" | "format" | "redact">): Settings {
  const values = { isSecret: secretNames(redact), hasStack: level === "debug" };
  return { minimum: RANKS[level], format: format === "json" ? jsonFormat(values) : prettyFormat(values) };
}

/** A logger that keeps nothing. */
export function createNullLogger(): Logger {
  return createLogger({ level: "error", format: "json", redact: [], write: () => {}, now: () => 0 });
}

interface Settings {
  minimum: number;
  format: LineFormat;
}

/** What a logger and those made from it share. */
interface Shared extends Settings {
  write(text: string): void;
  time(): string;
}

/** A class for the sake of its cost: the constant fields are written once in a format, not for each line. */
class LineLogger implements RootLogger {
  readonly #shared: Shared;
  readonly #name: LoggerOptions["format"];
  readonly #constants: LogFields;
  /** What the constant fields were written by. */
  #format: LineFormat;
  #constantText: string;

  constructor(shared: Shared, constants: LogFields, name: LoggerOptions["format"]) {
    this.#shared = shared;
    this.#name = name;
    this.#constants = constants;
    this.#format = shared.format;
    this.#constantText = safeFields(shared.format, constants);
  }

  configure(settings: Pick<LoggerOptions, "level" | "redact">): void {
    Object.assign(this.#shared, settingsOf({ ...settings, format: this.#name }));
  }

  debug(message: string, fields?: LogFields): void {
    if (this.#shared.minimum <= RANKS.debug) this.#write("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    if (this.#shared.minimum <= RANKS.info) this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#shared.minimum <= RANKS.warn) this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  with(fields: LogFields): Logger {
    return new LineLogger(this.#shared, { ...this.#constants, ...fields }, this.#name);
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    const { format, write, time } = this.#shared;
    if (format !== this.#format) this.#rewrite(format);
    write(format.line(time(), level, message, fields === undefined ? this.#constantText : this.#textOf(fields)));
  }

  #rewrite(format: LineFormat): void {
    this.#format = format;
    this.#constantText = safeFields(format, this.#constants);
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
