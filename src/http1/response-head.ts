import { HeaderList } from "../message/headers.ts";
import { SP } from "./chars.ts";
import { parseFields } from "./fields.ts";
import { type Framing, readFraming } from "./framing.ts";
import { ProtocolError } from "./protocol-error.ts";
import { scanResponseHead } from "./scan-response.ts";

/** The head of an HTTP/1.1 response, parsed and checked. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** 0 or 1, of HTTP/1.x. */
  readonly minorVersion: number;
  readonly headers: HeaderList;
  readonly framing: Framing;
}

const START = "HTTP/1.";
/** Where the status code stands, and where it ends. */
const CODE = 9;
const CODE_END = 12;
const REASON = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Reads a response's head from bytes, which must not be needed for anything else. Throws ProtocolError.
 *
 * @param end behind the empty line
 */
export function readResponseHead(bytes: Buffer, start: number, end: number, maxHeaders: number): ResponseHead {
  return (
    scanResponseHead(bytes, start, end, maxHeaders) ??
    parseResponseHead(bytes.toString("latin1", start, end), maxHeaders)
  );
}

/**
 * Parses a response's head: `text` is latin1 and ends with the empty line. Throws ProtocolError. The space before an
 * absent reason phrase may be missing too (RFC 9112 §4).
 */
export function parseResponseHead(text: string, maxHeaders: number): ResponseHead {
  const lineEnd = text.indexOf("\r\n");
  const minorVersion = text.charCodeAt(START.length) - 48;
  const status = parseStatus(text);
  const hasReason = lineEnd > CODE_END;
  const isWellFormed =
    text.startsWith(START) &&
    (minorVersion === 0 || minorVersion === 1) &&
    text.charCodeAt(8) === SP &&
    lineEnd >= CODE_END;
  if (!isWellFormed || (hasReason && text.charCodeAt(CODE_END) !== SP)) throw new ProtocolError("invalid status line");
  const reason = hasReason ? text.slice(CODE_END + 1, lineEnd) : "";
  if (reason !== "OK" && !REASON.test(reason)) throw new ProtocolError("invalid reason phrase");
  const flat = parseFields(text, lineEnd + 2, maxHeaders);
  const framing = readFraming(flat, minorVersion);
  return { status, reason, minorVersion, headers: new HeaderList(flat), framing };
}

/** Three digits, the first from 1 to 5 (RFC 9110 §15). */
function parseStatus(text: string): number {
  let status = 0;
  for (let i = CODE; i < CODE_END; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) throw new ProtocolError("invalid status code");
    status = status * 10 + digit;
  }
  if (status < 100 || status > 599) throw new ProtocolError("invalid status code");
  return status;
}

/** RFC 9112 §6.3: responses that end with their head, whatever their fields say. */
export function hasNoBody(status: number, method: string): boolean {
  return method === "HEAD" || status === 204 || status === 304 || status < 200;
}
