import { hyphenated, isProxyClaim } from "./proxy-fields.ts";

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
      return name === "content-length" || name === "http2-settings";
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
 * Whether a request's field would be another one to a CGI-like service, which reads `-` as `_`: a field that the gateway
 * removes or writes itself, by its other spelling; or `Proxy`, in whose variable HTTP_PROXY programs look for the proxy
 * of their own requests (httpoxy, CVE-2016-5385). Never passed on.
 */
export function isDisguised(name: string): boolean {
  if (name === "proxy") return true;
  if (!name.includes("_")) return false;
  const plain = hyphenated(name);
  return isHopByHop(plain) || isProxyClaim(plain);
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
  "proxy",
  "via",
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

/** Whether a field may stand in a trailer section, by either spelling of its name. */
export function isAllowedTrailer(name: string): boolean {
  const plain = hyphenated(name);
  return !isHopByHop(plain) && !NEVER_TRAILERS.has(plain) && !isProxyClaim(plain);
}
