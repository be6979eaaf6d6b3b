import { prettyFormat } from "./format-pretty.ts";
import type { LogLevel } from "./logger.ts";

/** What was to be hidden is hidden already. */
const pretty = prettyFormat({ isSecret: () => false, hasStack: true });
const LEVELS: readonly unknown[] = ["debug", "info", "warn", "error"] satisfies LogLevel[];

/** A JSON line of the log in the form for people; what is none stays as it is. Both have their line ends. */
export function prettyLine(line: string): string {
  const { time, level, msg, ...fields } = fieldsOf(line);
  if (typeof time !== "string" || typeof msg !== "string" || !isLevel(level)) return line;
  return pretty.line(time, level, msg, pretty.fields(fields));
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function isLevel(value: unknown): value is LogLevel {
  return LEVELS.includes(value);
}
