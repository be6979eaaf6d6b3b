import { CAPITAL, COLON, CR, HTAB, LF, SP, tokenTable, valueTable } from "./chars.ts";
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
  // Small letters for the whole section at once cost less than for each name; the positions stay the same.
  let small: string | undefined;
  let at = start;
  while (at < end) {
    if (flat.length === maxCount * 2)
      throw new ProtocolError(`more than ${maxCount} header lines`, "headers_too_large");
    const nameStart = at;
    let seen = 0;
    let code = text.charCodeAt(at);
    for (let kind = tokenTable[code] as number; kind !== 0; kind = tokenTable[code] as number) {
      seen |= kind;
      code = text.charCodeAt(++at);
    }
    if (code !== COLON || at === nameStart) throw new ProtocolError("invalid header name");
    if ((seen & CAPITAL) !== 0) small ??= text.toLowerCase();
    const name = ((seen & CAPITAL) === 0 ? text : (small as string)).slice(nameStart, at);

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
