import type { LogLevel } from "../logger.ts";
import { escapeText, quote } from "../quote.ts";

/** Which lines of the log somebody wants to read; all of what is said has to fit. */
export interface LineFilter {
  /** This level and those above it. */
  readonly level?: LogLevel | undefined;
  /** Text that is anywhere in the line, in small or capital letters. */
  readonly contains?: string | undefined;
  readonly plugin?: string | undefined;
  readonly worker?: number | undefined;
  readonly route?: string | undefined;
}

const RANKS: Readonly<Record<string, number>> = { d: 0, i: 1, w: 2, e: 3 };
/** `{"time":"` and 24 characters of time come before it. */
const LEVEL = '","level":"';
const LEVEL_AT = 33;

/** Whether the line was written by a logger: with time, level and msg in front. */
export function isLogLine(line: string): boolean {
  return line.startsWith('{"time":"') && line.startsWith(LEVEL, LEVEL_AT);
}

/** Tells whether a JSON line fits. It is not parsed: that would cost more than to write it. */
export function lineFilter({ level, contains, plugin, worker, route }: LineFilter): (line: string) => boolean {
  const least = RANKS[level?.[0] ?? "d"] ?? 0;
  const text = contains === undefined ? "" : escapeText(contains).toLowerCase();
  const fields = [
    ...(plugin === undefined ? [] : [`,"plugin":${quote(plugin)}`]),
    ...(route === undefined ? [] : [`,"route":${quote(route)}`]),
  ];
  const numbers = worker === undefined ? [] : [`,"worker":${worker},`, `,"worker":${worker}}`];
  return (line) => {
    if ((RANKS[line[LEVEL_AT + LEVEL.length] ?? ""] ?? 1) < least) return false;
    if (numbers.length > 0 && !numbers.some((number) => line.includes(number))) return false;
    if (!fields.every((field) => line.includes(field))) return false;
    return text === "" || line.toLowerCase().includes(text);
  };
}
