import { HeaderList } from "../message/headers.ts";
import { SP } from "./chars.ts";
import { FieldLines } from "./field-lines.ts";
import type { HeadLimits, RequestHead } from "./request-head.ts";
import { authorityAt } from "./target.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const VERSION = "HTTP/1.1\r\n";
const SLASH = 47;
const DOT = 46;
const QUERY = 63;

/** 1: may stand in a path that is canonical as it is; 2: in a query. */
const pathTable = new Uint8Array(256).fill(1, 0x21, 0x7f);
const queryTable = new Uint8Array(256).fill(1, 0x21, 0x7f);
for (const char of "%?#\\") pathTable[char.charCodeAt(0)] = 0;
queryTable["#".charCodeAt(0)] = 0;

/**
 * Reads an ordinary HTTP/1.1 request head from its bytes, which it makes ready to be passed on: a common method, a path
 * that is in canonical form already, fields that `FieldLines` takes. Undefined for any other: the parser has to judge.
 *
 * @param end behind the empty line
 */
export function scanRequestHead(
  bytes: Buffer,
  start: number,
  end: number,
  limits: HeadLimits,
): RequestHead | undefined {
  const method = methodAt(bytes, start);
  if (method === undefined) return undefined;
  const targetStart = start + method.length + 1;
  if (bytes[targetStart] !== SLASH) return undefined;
  let at = targetStart + 1;
  let previous = SLASH;
  for (let code = bytes[at] as number; pathTable[code] === 1; code = bytes[++at] as number) {
    if (code === DOT && previous === SLASH) return undefined;
    previous = code;
  }
  const pathEnd = at;
  if (bytes[at] === QUERY) {
    at++;
    while (queryTable[bytes[at] as number] === 1) at++;
  }
  const targetEnd = at;
  if (bytes[at] !== SP || targetEnd - targetStart > limits.targetBytes || !isVersion(bytes, at + 1)) return undefined;

  const lines = new FieldLines(bytes, targetEnd + 1 + VERSION.length, end - 2);
  if (!lines.scan(limits.headerCount) || lines.hasVia || lines.hostStart === 0) return undefined;
  return {
    method,
    path: bytes.toString("latin1", targetStart, pathEnd),
    query: pathEnd === targetEnd ? undefined : bytes.toString("latin1", pathEnd + 1, targetEnd),
    minorVersion: 1,
    host: authorityAt(bytes, lines.hostStart, lines.hostEnd),
    headers: new HeaderList(lines),
    framing: lines,
  };
}

function methodAt(bytes: Uint8Array, start: number): string | undefined {
  for (let i = 0; i < METHODS.length; i++) {
    const method = METHODS[i] as string;
    if (bytes[start + method.length] !== SP) continue;
    let matched = 0;
    while (matched < method.length && bytes[start + matched] === method.charCodeAt(matched)) matched++;
    if (matched === method.length) return method;
  }
  return undefined;
}

function isVersion(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < VERSION.length; i++) if (bytes[at + i] !== VERSION.charCodeAt(i)) return false;
  return true;
}
