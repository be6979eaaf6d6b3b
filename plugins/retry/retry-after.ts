const SECONDS = /^\d+$/;
/** The one form of a date that is still sent (RFC 9110 §5.6.7). */
const DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** How long Retry-After says to wait, in ms (RFC 9110 §10.2.3); 0 without one, or with one that says nothing. */
export function retryAfterMs(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  if (SECONDS.test(value)) return Number(value) * 1_000;
  const date = DATE.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, date - nowMs);
}
