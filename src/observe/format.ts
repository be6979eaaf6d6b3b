import type { LogFields, LogLevel } from "./logger.ts";

/** One way of writing log lines. */
export interface LineFormat {
  /** Fields as text, each with its separator before it; those named in `except` are left out. */
  fields(fields: LogFields, except?: LogFields): string;
  /** A whole line with its end, from texts that `fields` made. */
  line(time: string, level: LogLevel, message: string, fields: string): string;
}

/** Answers whether a field is to be hidden: names are compared without regard to case. */
export function secretNames(names: readonly string[]): (name: string) => boolean {
  const secrets = new Set(names.map((name) => name.toLowerCase()));
  return (name) => secrets.has(name.toLowerCase());
}
