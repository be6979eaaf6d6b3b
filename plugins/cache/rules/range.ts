import { isStrongMatch } from "./etag.ts";
import { parseHttpDate } from "./http-date.ts";
import type { Validators } from "./preconditions.ts";

/** A part of a content: bytes from `start` to before `end`. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** More parts than this, or parts that overlap, are refused rather than composed (RFC 9110 §14.2). */
const MOST_PARTS = 16;
const SPEC = /^(\d*)-(\d*)$/;

/**
 * The parts that a Range field asks for of so many bytes (RFC 9110 §14.1.2). Empty if none of them is there, which is 416;
 * undefined if the field is to be ignored: another unit, no ranges, too many, or overlapping ones.
 */
export function rangesOf(range: string, length: number): Part[] | undefined {
  const equals = range.indexOf("=");
  if (range.slice(0, equals).trim().toLowerCase() !== "bytes") return undefined;
  const specs = range
    .slice(equals + 1)
    .split(",")
    .map((spec) => spec.trim());
  const asked = specs.filter((spec) => spec !== "");
  if (asked.length === 0 || asked.length > MOST_PARTS) return undefined;
  const parts: Part[] = [];
  for (const spec of asked) {
    const match = SPEC.exec(spec);
    if (match === null) return undefined;
    const part = partOf(match[1] ?? "", match[2] ?? "", length);
    if (part === undefined) return undefined;
    if (part.start < part.end) parts.push(part);
  }
  return isOverlapping(parts) ? undefined : parts;
}

/** Undefined for what is no range; an empty part for one that lies beyond the content. */
function partOf(first: string, last: string, length: number): Part | undefined {
  if (first === "" && last === "") return undefined;
  if (first === "") return { start: Math.max(0, length - Number(last)), end: length };
  const start = Number(first);
  if (last === "") return { start, end: Math.max(start, length) };
  if (Number(last) < start) return undefined;
  return { start, end: start >= length ? start : Math.min(Number(last) + 1, length) };
}

function isOverlapping(parts: readonly Part[]): boolean {
  const sorted = parts.toSorted((a, b) => a.start - b.start);
  return sorted.some((part, i) => i > 0 && part.start < (sorted[i - 1] as Part).end);
}

/** Whether If-Range names what is stored, so that Range holds: by a strong tag, or the exact date (RFC 9110 §13.1.5). */
export function isIfRangeMet(ifRange: string | undefined, stored: Validators, nowMs: number): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.includes('"')) return stored.etag !== undefined && isStrongMatch(ifRange.trim(), stored.etag);
  const askedMs = parseHttpDate(ifRange, nowMs);
  const changedMs = parseHttpDate(stored.lastModified, nowMs);
  // A date is a strong validator only where the response is a while younger (RFC 9110 §8.8.2.2).
  return askedMs !== undefined && askedMs === changedMs && stored.dateMs - askedMs >= 1_000;
}
