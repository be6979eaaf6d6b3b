import { type LineFormat, secretNames } from "./format.ts";
import { jsonFieldStart, jsonFormat } from "./format-json.ts";
import { prettyFormat } from "./format-pretty.ts";
import type { LogFields, Logger, LogLevel } from "./logger.ts";
import { type LineTaker, PlainLines } from "./plain-line.ts";
import { createTimestamps } from "./timestamp.ts";

export interface LoggerOptions {
  /** Lines below it are left out. At debug, errors tell where they were made. */
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
  /** Fields whose values are hidden, on every level of nesting; compared without regard to case. */
  readonly redact: readonly string[];
  /** Takes a line with its end; it must not wait or throw. */
  write(text: string): void;
  /** Takes ordinary lines in JSON as bytes, which costs less; without it all are written as texts. */
  readonly taker?: LineTaker;
  /** Wall-clock time in ms since 1970. */
  now(): number;
}

/** A logger that can be told other settings; those that were made from it go by them, too. */
export interface RootLogger extends Logger {
  configure(settings: Changing): void;
}

const RANKS: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** A logger that writes through `options.write`; see `createOutput` for what that usually is. */
export function createLogger(options: LoggerOptions): RootLogger {
  const timestamp = createTimestamps();
  const { write, now } = options;
  const settingsOf = (changing: Changing) => settings(changing, options);
  return new LineLogger({ ...settingsOf(options), settingsOf, write, time: () => timestamp(now()) }, {});
}

/** What a logger can be told anew. */
type Changing = Pick<LoggerOptions, "level" | "redact">;

function settings({ level, redact }: Changing, { format, taker }: Pick<LoggerOptions, "format" | "taker">): Settings {
  const minimum = RANKS[level];
  const isSecret = secretNames(redact);
  const values = { isSecret, hasStack: level === "debug" };
  if (format === "pretty") return { minimum, format: prettyFormat(values), plain: undefined };
  const startOf = (name: string) => (isSecret(name) ? undefined : jsonFieldStart(name));
  return { minimum, format: jsonFormat(values), plain: taker && new PlainLines(taker, startOf) };
}

/** A logger that keeps nothing. */
export function createNullLogger(): Logger {
  return createLogger({ level: "error", format: "json", redact: [], write: () => {}, now: () => 0 });
}

interface Settings {
  minimum: number;
  format: LineFormat;
  /** Tried first. */
  plain: PlainLines | undefined;
}

/** What a logger and those made from it share. */
interface Shared extends Settings {
  settingsOf(changing: Changing): Settings;
  write(text: string): void;
  time(): string;
}

/** A class for the sake of its cost: the constant fields are written once in a format, not for each line. */
class LineLogger implements RootLogger {
  readonly #shared: Shared;
  readonly #constants: LogFields;
  /** What the constant fields were written by. */
  #format: LineFormat;
  #constantText: string;

  constructor(shared: Shared, constants: LogFields) {
    this.#shared = shared;
    this.#constants = constants;
    this.#format = shared.format;
    this.#constantText = safeFields(shared.format, constants);
  }

  configure(changing: Changing): void {
    Object.assign(this.#shared, this.#shared.settingsOf(changing));
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
    return new LineLogger(this.#shared, { ...this.#constants, ...fields });
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    const { format, plain, write, time } = this.#shared;
    if (format !== this.#format) this.#rewrite(format);
    const at = time();
    if (fields === undefined) return write(format.line(at, level, message, this.#constantText));
    const isReplacing = this.#replaces(fields);
    if (!isReplacing && plain?.write(at, level, message, this.#constantText, fields)) return;
    write(format.line(at, level, message, this.#textOf(fields, isReplacing)));
  }

  #rewrite(format: LineFormat): void {
    this.#format = format;
    this.#constantText = safeFields(format, this.#constants);
  }

  /** A line's own field takes the place of a constant one of the same name. */
  #replaces(fields: LogFields): boolean {
    for (const name in this.#constants) if (name in fields) return true;
    return false;
  }

  #textOf(fields: LogFields, isReplacing: boolean): string {
    const { format } = this.#shared;
    const own = safeFields(format, fields);
    return (isReplacing ? safeFields(format, this.#constants, fields) : this.#constantText) + own;
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
