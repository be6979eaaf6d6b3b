import { tokenTable } from "./chars.ts";

/**
 * Header names that are seen often, each as one string that lives as long as the process. A head that has them needs
 * no new strings for its names, whatever their case on the wire.
 */
const COMMON = [
  "accept",
  "accept-encoding",
  "accept-language",
  "accept-ranges",
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-max-age",
  "access-control-request-headers",
  "access-control-request-method",
  "age",
  "authorization",
  "cache-control",
  "connection",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-security-policy",
  "content-type",
  "cookie",
  "date",
  "dnt",
  "etag",
  "expect",
  "expires",
  "forwarded",
  "host",
  "idempotency-key",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "keep-alive",
  "last-modified",
  "link",
  "location",
  "origin",
  "pragma",
  "priority",
  "range",
  "referer",
  "referrer-policy",
  "retry-after",
  "sec-ch-ua",
  "sec-ch-ua-mobile",
  "sec-ch-ua-platform",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-fetch-user",
  "server",
  "server-timing",
  "set-cookie",
  "strict-transport-security",
  "te",
  "traceparent",
  "tracestate",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "upgrade-insecure-requests",
  "user-agent",
  "vary",
  "via",
  "www-authenticate",
  "x-api-key",
  "x-content-type-options",
  "x-correlation-id",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-frame-options",
  "x-powered-by",
  "x-real-ip",
  "x-request-id",
  "x-requested-with",
] as const;

/** For each octet that may stand in a name its small letter; 0 for all others. */
export const smallTable: Uint8Array = tokenTable.map((kind, code) => {
  const isCapital = code >= 65 && code <= 90;
  return kind === 0 ? 0 : isCapital ? code + 32 : code;
});

/** How many values a hash can have. */
export const SLOTS = 4_096;

/** The hash of a name so far and one more small letter of it; begins with 0. */
export function hashNext(hash: number, small: number): number {
  return (hash * 31 + small) & (SLOTS - 1);
}

/** By hash. Of two names with one hash the first is kept: the other is only not as cheap. */
const table: (string | undefined)[] = new Array<string | undefined>(SLOTS).fill(undefined);
for (const name of COMMON) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = hashNext(hash, name.charCodeAt(i));
  table[hash] ??= name;
}

/** The common name that stands in `text` from `start` to `end`, in any case; undefined if it is none. */
export function commonName(text: string, start: number, end: number, hash: number): string | undefined {
  const name = table[hash];
  if (name === undefined || name.length !== end - start) return undefined;
  for (let i = 0; i < name.length; i++) {
    if (smallTable[text.charCodeAt(start + i)] !== name.charCodeAt(i)) return undefined;
  }
  return name;
}
