import type { Part } from "./range.ts";

/** Where the bytes of a partial response belong, and how many there are of the whole. */
export interface ContentRange extends Part {
  readonly length: number;
}

const BYTES = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i;

/** Reads Content-Range (RFC 9110 §14.4); undefined if it is invalid, or does not say how long the whole is. */
export function parseContentRange(field: string | undefined): ContentRange | undefined {
  const match = field === undefined ? null : BYTES.exec(field);
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]) + 1;
  const length = Number(match[3]);
  return start < end && end <= length ? { start, end, length } : undefined;
}
