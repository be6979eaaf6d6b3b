import type { Random } from "./random.ts";

/** Octets and words that parsers have stumbled over. */
const SCRAPS = [
  "\r\n",
  "\r\n\r\n",
  "\r",
  "\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  '"',
  "\\",
  "\xff",
  "\x7f",
  "\x0b",
  "0",
  "-1",
  "+5",
  "0x5",
  "99999999999999999999",
  "ffffffffffffffff",
  "0\r\n\r\n",
  " HTTP/1.1\r\n",
  "HTTP/0.9",
  "HTTP/1.9",
  "Content-Length: 5\r\n",
  "Content-Length: 5, 5\r\n",
  "Content-Length : 5\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding:\x0bchunked\r\n",
  "transfer-encoding: chunked, identity\r\n",
  "Host: b\r\n",
  "Connection: content-length\r\n",
  " folded\r\n",
  "GET /next HTTP/1.1\r\nHost: a\r\n\r\n",
];

/** The text with one to four small damages. */
export function mutate(random: Random, text: string): string {
  let damaged = text;
  for (let left = 1 + random.below(4); left > 0; left--) damaged = damage(random, damaged);
  return damaged;
}

function damage(random: Random, text: string): string {
  // More often at the end of a line, where the sense of a message is made.
  const at = random.once(3)
    ? Math.max(0, text.indexOf("\r\n", random.below(text.length + 1)))
    : random.below(text.length + 1);
  const to = Math.min(text.length, at + 1 + random.below(random.once(4) ? 40 : 3));
  const [before, part, after] = [text.slice(0, at), text.slice(at, to), text.slice(to)];
  switch (random.below(6)) {
    case 0:
      return before + random.pick(SCRAPS) + part + after;
    case 1:
      return before + after;
    case 2:
      return before + part + part + after;
    case 3:
      return before + String.fromCharCode(random.below(256)) + text.slice(at + 1);
    case 4:
      return before + random.pick(SCRAPS) + after;
    default:
      return before + flipCase(part) + after;
  }
}

/** Of ASCII alone: other letters may have a capital that is no octet. */
function flipCase(text: string): string {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return text === lower ? text.replace(/[a-z]/g, (letter) => letter.toUpperCase()) : lower;
}

/** The text in up to eight pieces, or in single octets. */
export function cut(random: Random, text: string): string[] {
  if (random.once(4)) return [...text];
  const places = random.list(random.below(8), () => random.below(text.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((from, i) => text.slice(from, places[i]));
}
