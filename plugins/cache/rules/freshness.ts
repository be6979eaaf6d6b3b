import type { HeaderList } from "../../../src/plugin.ts";
import { deltaSeconds, MAX_SECONDS } from "./directives.ts";
import { parseHttpDate } from "./http-date.ts";
import type { ResponseDirectives } from "./response-directives.ts";

/** When a response was asked for, and when it came: ms since 1970. */
export interface ReceivedAt {
  readonly requestMs: number;
  readonly responseMs: number;
}

/** The age of a response when it came, in ms (RFC 9111 §4.2.3): by its Age, its Date and the time that it took. */
export function initialAge(headers: HeaderList, { requestMs, responseMs }: ReceivedAt): number {
  const dateMs = parseHttpDate(headers.get("date"), responseMs) ?? responseMs;
  // Dates are whole seconds: the part of one that has passed is no age.
  const apparentMs = Math.max(0, Math.floor(responseMs / 1_000) * 1_000 - dateMs);
  return Math.max(apparentMs, ageValue(headers) * 1_000 + Math.max(0, responseMs - requestMs));
}

/** The Age field in seconds: of several values the first, and 0 for what is none (RFC 9111 §5.1). */
function ageValue(headers: HeaderList): number {
  const [first] = headers.get("age")?.split(",") ?? [];
  return deltaSeconds(first?.trim()) ?? 0;
}

/** How long a response says it is fresh, in ms (RFC 9111 §4.2.1); undefined if it does not say. */
export function explicitLifetime(
  headers: HeaderList,
  directives: ResponseDirectives,
  responseMs: number,
): number | undefined {
  const seconds = directives.sharedMaxAge ?? directives.maxAge;
  if (seconds !== undefined) return seconds * 1_000;
  const expires = directives.isTargeted ? undefined : headers.get("expires");
  if (expires === undefined) return undefined;
  // What is no date, or more than one, is a time in the past (RFC 9111 §5.3).
  const expiresMs = parseHttpDate(expires, responseMs);
  if (expiresMs === undefined) return 0;
  const dateMs = parseHttpDate(headers.get("date"), responseMs) ?? responseMs;
  return Math.min(Math.max(0, expiresMs - dateMs), MAX_SECONDS * 1_000);
}

/** Statuses that may be kept although nothing says for how long (RFC 9110 §15.1). */
export const HEURISTIC_STATUSES: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

export interface Heuristic {
  /** Of the time since the last change. */
  readonly fraction: number;
  readonly maxMs: number;
}

/** A guess of how long a response stays fresh that does not say, by when it last changed, in ms (RFC 9111 §4.2.2). */
export function heuristicLifetime(headers: HeaderList, heuristic: Heuristic, responseMs: number): number {
  const changedMs = parseHttpDate(headers.get("last-modified"), responseMs);
  if (changedMs === undefined) return 0;
  const dateMs = parseHttpDate(headers.get("date"), responseMs) ?? responseMs;
  return Math.min(Math.max(0, dateMs - changedMs) * heuristic.fraction, heuristic.maxMs);
}
