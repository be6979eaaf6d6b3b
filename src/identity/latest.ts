/** The last second of the year 9999, in ms since 1970: later times have no text of four digits, and at last none at all. */
export const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** The time, or the latest that can be told and kept: what ends after that does not end. */
export function atLatest(ms: number): number {
  return Math.min(ms, LATEST_MS);
}
