import { readFraming } from "../http1/framing.ts";
import { ProtocolError } from "../http1/protocol-error.ts";
import type { HeadLimits, RequestHead } from "../http1/request-head.ts";
import { parseAuthority, parseTarget } from "../http1/target.ts";
import { HeaderList } from "../message/headers.ts";

/** What HTTP/2 and 3 count beside the octets of a field's name and value (RFC 9113 §6.5.2). */
const FIELD_OVERHEAD = 32;
/** Past the slashes of "https://"; no host begins with one. */
const AFTER_SCHEME = 8;

/**
 * The head of an HTTP/2 or HTTP/3 request, checked as strictly as one of HTTP/1.1. Bun hands over the target as part of
 * a URL, which it has normalised: see docs/listeners.md. Throws ProtocolError.
 */
export function readWebHead(request: Request, limits: HeadLimits): RequestHead {
  const { method, url } = request;
  const headers = readHeaders(request.headers, limits);
  const framing = readFraming(headers.flat.slice(), 1);
  if (framing.host === undefined) throw new ProtocolError("no :authority and no Host header");
  // First: in a URL with another host there is no telling where the path begins.
  const host = parseAuthority(framing.host);
  const target = targetOf(url, host);
  if (target.length > limits.targetBytes) throw new ProtocolError("the target is too long", "uri_too_long");
  const { path, query } = parseTarget(method, target);
  return { method, path, query, minorVersion: 1, host, headers, framing };
}

function readHeaders(from: Headers, { headerBytes, headerCount }: HeadLimits): HeaderList {
  const headers = new HeaderList();
  let bytes = 0;
  for (const [name, value] of from) {
    if (isConnectionSpecific(name)) throw new ProtocolError(`${name} does not exist in HTTP/2 and HTTP/3`);
    bytes += name.length + value.length + FIELD_OVERHEAD;
    append(headers, name, value);
  }
  if (bytes > headerBytes || headers.size > headerCount) {
    throw new ProtocolError("the headers are too large", "headers_too_large");
  }
  return headers;
}

/** RFC 9113 §8.2.2, RFC 9114 §4.2. */
function isConnectionSpecific(name: string): boolean {
  switch (name) {
    case "connection":
    case "keep-alive":
    case "proxy-connection":
    case "transfer-encoding":
    case "upgrade":
      return true;
    default:
      return false;
  }
}

function append(headers: HeaderList, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch {
    throw new ProtocolError("invalid header field");
  }
}

/**
 * Path and query of a URL of that host. Where Bun could not make one, as of "*", it has the target alone. A target may
 * be a URL itself, which Bun hands over as it is.
 */
function targetOf(url: string, host: string): string {
  if (!url.startsWith("http://") && !url.startsWith("https://")) return url;
  const start = url.indexOf("/", AFTER_SCHEME);
  if (start === -1) throw new ProtocolError("invalid request target");
  const authority = url.slice(url.indexOf("//") + 2, start);
  if (authority !== host && authority !== hostInUrls(url, host)) {
    throw new ProtocolError("the target names another host");
  }
  return url.slice(start);
}

/** The form of a host in URLs: without a default port, an address in its shortest form. */
function hostInUrls(url: string, host: string): string | undefined {
  return URL.parse(`${url.startsWith("https") ? "https" : "http"}://${host}/`)?.host;
}
