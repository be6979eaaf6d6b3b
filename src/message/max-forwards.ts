import type { HeaderList } from "./headers.ts";

/** The largest count that is passed on. */
const MOST = 2_147_483_647;
const COUNT = /^\d+$/;

/**
 * Counts an OPTIONS request's Max-Forwards down, in place (RFC 9110 §7.6.2). True if the count was 0: whoever has the
 * request is to answer it. What is no count is left as it is.
 */
export function isLastForward(headers: HeaderList): boolean {
  const value = headers.get("max-forwards");
  if (value === undefined || !COUNT.test(value)) return false;
  const count = Number(value);
  if (count === 0) return true;
  headers.set("max-forwards", String(Math.min(count - 1, MOST)));
  return false;
}
