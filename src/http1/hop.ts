/**
 * Whether a field is about one connection, or about framing, which each side of the gateway does by itself
 * (RFC 9110 §7.6.1). Never copied from one side to the other.
 */
export function isHopByHop(name: string): boolean {
  switch (name.length) {
    case 2:
      return name === "te";
    case 6:
      return name === "expect";
    case 7:
      return name === "upgrade" || name === "trailer";
    case 10:
      return name === "connection" || name === "keep-alive";
    case 14:
      return name === "content-length";
    case 16:
      return name === "proxy-connection";
    case 17:
      return name === "transfer-encoding";
    case 18:
      return name === "proxy-authenticate";
    case 19:
      return name === "proxy-authorization";
    default:
      return false;
  }
}

/**
 * Fields that would change framing, routing, authority, or how the message is taken, if a trailer section brought them
 * (RFC 9110 §6.5.1).
 */
const NEVER_TRAILERS = new Set([
  "host",
  "authorization",
  "cookie",
  "set-cookie",
  "www-authenticate",
  "forwarded",
  "via",
  "x-http-method-override",
  "x-original-url",
  "x-real-ip",
  "x-rewrite-url",
  "age",
  "cache-control",
  "content-encoding",
  "content-range",
  "content-type",
  "date",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "location",
  "max-forwards",
  "pragma",
  "range",
  "retry-after",
  "vary",
]);

export function isAllowedTrailer(name: string): boolean {
  return !isHopByHop(name) && !NEVER_TRAILERS.has(name) && !name.startsWith("x-forwarded-");
}
