export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields of a log line; values that JSON cannot hold are written as text. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes structured lines. Logging never waits and never throws. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  with(fields: LogFields): Logger;
}
