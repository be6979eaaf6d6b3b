/** Longest text of one value, in UTF-16 units; the rest is cut, and said to be. */
const MAX_TEXT = 8_192;

/**
 * What must not reach a log as it is: what JSON escapes, and what a terminal or a reader would be deceived by: C1
 * controls, line and paragraph separators, marks that turn the direction of text; and lone surrogates, which UTF-8 cannot hold.
 */
const UNSAFE = /["\\\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]/u;
/** Of those, what JSON.stringify leaves as it is. */
const UNESCAPED = /[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Whether `quote` would but put quotes around the text. */
export function isPlain(text: string): boolean {
  return text.length <= MAX_TEXT && !UNSAFE.test(text);
}

/** The text as a JSON string with its quotes: one line, harmless on a terminal, at most 8 Ki units of it. */
export function quote(text: string): string {
  const short = text.length > MAX_TEXT ? cut(text) : text;
  if (!UNSAFE.test(short)) return `"${short}"`;
  return JSON.stringify(short).replace(UNESCAPED, escapeUnit);
}

/** The text as `quote` writes it, without the quotes around it. */
export function escapeText(text: string): string {
  return quote(text).slice(1, -1);
}

function cut(text: string): string {
  return `${text.slice(0, MAX_TEXT)}… (${text.length - MAX_TEXT} more characters)`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
