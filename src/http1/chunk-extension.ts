import { HTAB, SP, tokenTable, valueTable } from "./chars.ts";

const SEMICOLON = 59;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;

/** Blanks before a semicolon: behind the chunk-size, a name's blanks, or a value. */
const BLANKS = 0;
const NAME_START = 1;
const NAME = 2;
const AFTER_NAME = 3;
const VALUE_START = 4;
const VALUE = 5;
const QUOTED = 6;
/** Behind a backslash in quotes. */
const QUOTED_PAIR = 7;
const QUOTE_END = 8;

/** Where the extensions of a chunk begin, with the octet behind its size. */
export const EXTENSION_START: number = BLANKS;

/**
 * The next place in the extensions of a chunk-size line (RFC 9112 §7.1.1); −1 if the octet cannot stand there. Blanks
 * around `;` and `=` are passed over, as a recipient must (RFC 9110 §5.6.3); a line end stands nowhere.
 */
export function nextInExtension(place: number, byte: number): number {
  if (place === QUOTED) return valueTable[byte] === 1 ? inQuotes(byte) : -1;
  if (place === QUOTED_PAIR) return valueTable[byte] === 1 ? QUOTED : -1;
  if (byte === SP || byte === HTAB) return behindBlank(place);
  if (byte === SEMICOLON) return place === NAME_START || place === VALUE_START ? -1 : NAME_START;
  if (byte === EQUALS) return place === NAME || place === AFTER_NAME ? VALUE_START : -1;
  if (byte === QUOTE) return place === VALUE_START ? QUOTED : -1;
  if (tokenTable[byte] === 0) return -1;
  if (place === NAME_START || place === NAME) return NAME;
  return place === VALUE_START || place === VALUE ? VALUE : -1;
}

/** Whether the line may end there: behind a name or a value. */
export function mayEndExtension(place: number): boolean {
  return place === NAME || place === VALUE || place === QUOTE_END;
}

function inQuotes(byte: number): number {
  if (byte === QUOTE) return QUOTE_END;
  return byte === BACKSLASH ? QUOTED_PAIR : QUOTED;
}

function behindBlank(place: number): number {
  if (place === NAME) return AFTER_NAME;
  return place === VALUE || place === QUOTE_END ? BLANKS : place;
}
