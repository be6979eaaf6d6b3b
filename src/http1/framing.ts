import { ProtocolError } from "./protocol-error.ts";

/** What the fields of one message say about its framing and its connection (RFC 9112 §6, §9). */
export class Framing {
  /** Undefined: no Content-Length. */
  contentLength: number | undefined = undefined;
  isChunked = false;
  /** What `Connection` lists. */
  hasClose = false;
  hasKeepAlive = false;
  hasUpgrade = false;
  host: string | undefined = undefined;
  expect: string | undefined = undefined;
}

/**
 * Reads the framing from parsed fields, strictly: what could be understood in two ways is refused (RFC 9112 §6.3).
 * Fields that `Connection` names are removed from `flat` (RFC 9110 §7.6.1).
 */
export function readFraming(flat: string[], minorVersion: number): Framing {
  const framing = new Framing();
  let connection: string | undefined;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    // Comparing lengths first decides most lines at the cost of one number.
    switch (name.length) {
      case 4:
        if (name !== "host") break;
        if (framing.host !== undefined) throw new ProtocolError("more than one Host header");
        framing.host = flat[i + 1] as string;
        break;
      case 6:
        if (name === "expect") framing.expect = joined(framing.expect, flat[i + 1] as string);
        break;
      case 10:
        if (name === "connection") connection = joined(connection, flat[i + 1] as string);
        break;
      case 14:
        if (name !== "content-length") break;
        if (framing.contentLength !== undefined) throw new ProtocolError("more than one Content-Length header");
        framing.contentLength = parseContentLength(flat[i + 1] as string);
        break;
      case 17:
        if (name !== "transfer-encoding") break;
        if (framing.isChunked) throw new ProtocolError("more than one Transfer-Encoding header");
        checkTransferEncoding(flat[i + 1] as string, minorVersion);
        framing.isChunked = true;
        break;
    }
  }
  if (framing.isChunked && framing.contentLength !== undefined) {
    throw new ProtocolError("both Content-Length and Transfer-Encoding");
  }
  if (connection !== undefined) readConnection(connection, framing, flat);
  return framing;
}

/** Blanks of HTTP alone (RFC 9110 §5.6.3): `trim` would take U+00A0 off as well, and read what others do not. */
const COMMA = /[\t ]*,[\t ]*/;

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`;
}

function readConnection(value: string, framing: Framing, flat: string[]): void {
  const lower = value.toLowerCase();
  framing.hasKeepAlive = lower === "keep-alive";
  framing.hasClose = lower === "close";
  if (framing.hasKeepAlive || framing.hasClose) return;
  const listed = new Set(lower.split(COMMA));
  framing.hasClose = listed.has("close");
  framing.hasKeepAlive = listed.has("keep-alive");
  framing.hasUpgrade = listed.has("upgrade");
  removeListed(flat, listed);
}

/** Framing and Host are not the sender's to drop: RFC 9110 §7.6.1 forbids to list them. */
const NEVER_DROPPED = new Set(["host", "connection", "content-length", "transfer-encoding", "upgrade"]);

function removeListed(flat: string[], listed: ReadonlySet<string>): void {
  let kept = 0;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (listed.has(name) && !NEVER_DROPPED.has(name)) continue;
    flat[kept] = name;
    flat[kept + 1] = flat[i + 1] as string;
    kept += 2;
  }
  flat.length = kept;
}

/** RFC 9110 §8.6: digits alone; what a double cannot count is refused. */
function parseContentLength(value: string): number {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 48 || code > 57) throw new ProtocolError("invalid Content-Length");
  }
  const length = Number(value);
  if (value.length === 0 || !Number.isSafeInteger(length)) throw new ProtocolError("invalid Content-Length");
  return length;
}

/** RFC 9112 §6.1: `chunked` is the one transfer coding we know, and there is none in HTTP/1.0. */
function checkTransferEncoding(value: string, minorVersion: number): void {
  if (minorVersion === 0) throw new ProtocolError("Transfer-Encoding in an HTTP/1.0 message");
  if (value === "chunked") return;
  const codings = value.toLowerCase().split(COMMA);
  if (codings.length === 1 && codings[0] === "chunked") return;
  const isKnown = codings.every((coding) => coding === "chunked" || coding === "");
  throw new ProtocolError("Transfer-Encoding is not exactly chunked", isKnown ? "bad_request" : "not_implemented");
}
