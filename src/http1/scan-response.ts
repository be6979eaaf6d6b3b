import { HeaderList } from "../message/headers.ts";
import { FieldLines } from "./field-lines.ts";
import type { ResponseHead } from "./response-head.ts";
import { statusLine } from "./status-line.ts";

/** Where the status code stands in `HTTP/1.1 200 OK`. */
const CODE = 9;

/**
 * Reads an ordinary HTTP/1.1 response head from its bytes, which it makes ready to be passed on: a status with the
 * reason phrase that belongs to it, fields that `FieldLines` takes. Undefined for any other: the parser has to judge.
 *
 * @param end behind the empty line
 */
export function scanResponseHead(
  bytes: Buffer,
  start: number,
  end: number,
  maxCount: number,
): ResponseHead | undefined {
  const status = codeAt(bytes, start + CODE);
  const known = statusLine(status);
  if (known === undefined) return undefined;
  const { line, reason } = known;
  if (start + line.length > end) return undefined;
  for (let i = 0; i < line.length; i++) if (bytes[start + i] !== line[i]) return undefined;
  const lines = new FieldLines(bytes, start + line.length, end - 2);
  if (!lines.scan(maxCount) || lines.hostStart !== 0) return undefined;
  return { status, reason, minorVersion: 1, headers: new HeaderList(lines), framing: lines };
}

/** 0 if three digits are not there. */
function codeAt(bytes: Uint8Array, at: number): number {
  let code = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = (bytes[i] as number) - 48;
    if (!(digit >= 0 && digit <= 9)) return 0;
    code = code * 10 + digit;
  }
  return code;
}
