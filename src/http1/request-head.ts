import { HeaderList } from "../message/headers.ts";
import { isToken } from "./chars.ts";
import { parseFields } from "./fields.ts";
import { type Framing, readFraming } from "./framing.ts";
import { ProtocolError } from "./protocol-error.ts";
import { scanRequestHead } from "./scan-request.ts";
import { parseAuthority, parseTarget } from "./target.ts";

export interface HeadLimits {
  /** Bytes of the whole head. */
  readonly headerBytes: number;
  readonly headerCount: number;
  /** Bytes of the request target. */
  readonly targetBytes: number;
}

/** The head of an HTTP/1.1 request, parsed and checked. */
export interface RequestHead {
  readonly method: string;
  /** In the one form of `canonicalPath`, or "*". */
  readonly path: string;
  readonly query: string | undefined;
  /** 0 or 1, of HTTP/1.x. */
  readonly minorVersion: number;
  /** Of the target if that is in absolute form, else of the Host field; in lower case. "" for an HTTP/1.0 request without. */
  readonly host: string;
  readonly headers: HeaderList;
  readonly framing: Framing;
}

/**
 * Reads a request's head from bytes, which must not be needed for anything else. Throws ProtocolError.
 *
 * @param end behind the empty line
 */
export function readRequestHead(bytes: Buffer, start: number, end: number, limits: HeadLimits): RequestHead {
  return scanRequestHead(bytes, start, end, limits) ?? parseRequestHead(bytes.toString("latin1", start, end), limits);
}

/**
 * Parses a request's head (RFC 9112 §3, §5): `text` is latin1 and ends with the empty line. Throws ProtocolError.
 */
export function parseRequestHead(text: string, limits: HeadLimits): RequestHead {
  const lineEnd = text.indexOf("\r\n");
  const methodEnd = text.indexOf(" ");
  const targetEnd = text.indexOf(" ", methodEnd + 1);
  if (methodEnd <= 0 || methodEnd > lineEnd || targetEnd === -1 || targetEnd > lineEnd) {
    throw new ProtocolError("invalid request line");
  }
  const method = text.slice(0, methodEnd);
  // None that is registered has small letters; an upstream may take such a one for its namesake, past the route's methods.
  if (!isToken(method) || SMALL.test(method)) throw new ProtocolError("invalid method");
  if (targetEnd - methodEnd - 1 > limits.targetBytes) throw new ProtocolError("the target is too long", "uri_too_long");
  const minorVersion = parseVersion(text, targetEnd + 1, lineEnd);

  const flat = parseFields(text, lineEnd + 2, limits.headerCount);
  const framing = readFraming(flat, minorVersion);
  const target = parseTarget(method, text.slice(methodEnd + 1, targetEnd));
  if (framing.host === undefined && minorVersion === 1) throw new ProtocolError("no Host header");
  const ownHost = framing.host === undefined ? "" : parseAuthority(framing.host);
  return {
    method,
    path: target.path,
    query: target.query,
    minorVersion,
    host: target.authority ?? ownHost,
    headers: new HeaderList(flat),
    framing,
  };
}

const SMALL = /[a-z]/;

/** RFC 9112 §2.3; a higher minor version is treated as 1 (RFC 9110 §6.2). */
function parseVersion(text: string, start: number, end: number): number {
  if (text.startsWith("HTTP/1.1\r\n", start)) return 1;
  const version = text.slice(start, end);
  if (version === "HTTP/1.0") return 0;
  if (/^HTTP\/1\.\d$/.test(version)) return 1;
  if (/^HTTP\/\d\.\d$/.test(version)) throw new ProtocolError(`${version} is not HTTP/1`, "version_not_supported");
  throw new ProtocolError("invalid HTTP version");
}
