import { COLON, CR, HTAB, LF, SP, valueTable } from "./chars.ts";
import { commonName, hashNext, smallTable } from "./names.ts";
import { ProtocolError } from "./protocol-error.ts";

/**
 * Parses field lines (RFC 9112 §5) from `start` to the empty line that ends `text`, a latin1 string.
 *
 * Strict: no white space before the colon, no folded lines, no bare CR or LF, no control characters. Throws
 * ProtocolError, `headers_too_large` past `maxCount` lines.
 *
 * @returns name, value, name, value, …: names in lower case, values without outer white space
 */
export function parseFields(text: string, start: number, maxCount: number): string[] {
  const flat: string[] = [];
  const end = text.length - 2;
  let at = start;
  while (at < end) {
    if (flat.length === maxCount * 2)
      throw new ProtocolError(`more than ${maxCount} header lines`, "headers_too_large");
    const nameStart = at;
    let hash = 0;
    let code = text.charCodeAt(at);
    for (let small = smallTable[code] as number; small !== 0; small = smallTable[code] as number) {
      hash = hashNext(hash, small);
      code = text.charCodeAt(++at);
    }
    if (code !== COLON || at === nameStart) throw new ProtocolError("invalid header name");
    const name = commonName(text, nameStart, at, hash) ?? text.slice(nameStart, at).toLowerCase();

    do code = text.charCodeAt(++at);
    while (code === SP || code === HTAB);
    const valueStart = at;
    while (valueTable[code] === 1) code = text.charCodeAt(++at);
    if (code !== CR || text.charCodeAt(at + 1) !== LF) throw new ProtocolError("invalid character in a header value");
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd--;

    flat.push(name, text.slice(valueStart, valueEnd));
    at += 2;
  }
  return flat;
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
