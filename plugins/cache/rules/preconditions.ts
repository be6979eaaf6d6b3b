import { namesTag } from "./etag.ts";
import { parseHttpDate } from "./http-date.ts";

/** What a client knows already. */
export interface Preconditions {
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

/** What is stored, as far as a client's copy is compared with it. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly dateMs: number;
}

/**
 * Whether a client has the stored response already, so that 304 is the answer (RFC 9111 §4.3.2). If-None-Match decides
 * alone where there is one (RFC 9110 §13.2.2); without Last-Modified the response's date is compared.
 */
export function isNotModified(asked: Preconditions, stored: Validators, nowMs: number): boolean {
  const { ifNoneMatch, ifModifiedSince } = asked;
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === "*") return true;
    return stored.etag !== undefined && namesTag(ifNoneMatch, stored.etag);
  }
  const sinceMs = parseHttpDate(ifModifiedSince, nowMs);
  if (sinceMs === undefined) return false;
  return (parseHttpDate(stored.lastModified, nowMs) ?? stored.dateMs) <= sinceMs;
}
