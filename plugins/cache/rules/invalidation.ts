/** Methods that change nothing (RFC 9110 §9.2.1); of any other a good answer makes what is stored invalid. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY"]);

/** Whether the answer to such a request makes what is stored for its URL invalid (RFC 9111 §4.4). */
export function isInvalidating(method: string, status: number): boolean {
  return !SAFE.has(method) && status >= 200 && status < 400;
}

/** A URL of the origin that was asked: its path, and its query without "?". */
export interface Target {
  readonly path: string;
  readonly query: string | undefined;
}

/**
 * What Location or Content-Location names, if it is of the same origin, so that no service can make another's responses
 * invalid (RFC 9111 §4.4).
 */
export function sameOriginTarget(reference: string, base: string): Target | undefined {
  const from = URL.parse(base);
  const to = URL.parse(reference, base);
  if (from === null || to === null || to.origin !== from.origin) return undefined;
  return { path: to.pathname, query: to.search === "" ? undefined : to.search.slice(1) };
}
