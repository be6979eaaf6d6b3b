const SLASH = 47;

const PLAIN = 0;
const REFUSED = 1;
const PERCENT = 2;
const DOT = 3;

/** What each octet means in a raw path: only visible ASCII may stand there, without what ends a path, and no "\". */
const KINDS = new Uint8Array(256).fill(REFUSED);
KINDS.fill(PLAIN, 0x21, 0x7f);
for (const char of "?#\\") KINDS[char.charCodeAt(0)] = REFUSED;
KINDS["%".charCodeAt(0)] = PERCENT;
KINDS[".".charCodeAt(0)] = DOT;

/** RFC 3986 §2.3. */
const UNRESERVED = new Uint8Array(256);
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
  UNRESERVED[char.charCodeAt(0)] = 1;
}

const NO_DIGIT = 16;
const HEX = new Uint8Array(256).fill(NO_DIGIT);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/**
 * The one form in which a path is matched, authorised, keyed and forwarded; undefined for a path that is refused (400).
 *
 * Percent-encoded unreserved characters are decoded, once, and then dot segments are removed (RFC 3986 §6.2.2), never
 * above the root. Every other escape (`%2f` and `%5c` among them), `;` and empty segments stay as they came. Refused
 * are a path that does not begin with "/", octets other than visible ASCII, "\", "?", "#", a malformed escape, `%00`,
 * and a dot segment with parameters (`..;x`), which some servers resolve like the bare one.
 *
 * The result is never longer than `raw`, and is `raw` itself when nothing needs doing.
 */
export function canonicalPath(raw: string): string | undefined {
  if (raw.charCodeAt(0) !== SLASH) return undefined;
  let isEscaped = false;
  let isDotted = false;
  let previous = SLASH;
  for (let i = 1; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    const kind = KINDS[code] ?? REFUSED;
    if (kind === REFUSED) return undefined;
    if (kind === PERCENT) isEscaped = true;
    else if (kind === DOT && previous === SLASH) isDotted = true;
    previous = code;
  }
  if (!isEscaped) return isDotted ? removeDotSegments(raw) : raw;
  const decoded = decodeUnreserved(raw);
  return decoded?.includes("/.") ? removeDotSegments(decoded) : decoded;
}

/**
 * A canonical path with the hex digits of its escapes in capitals, in which `%c3%a9` and `%C3%A9` are one
 * (RFC 3986 §6.2.2.1). For comparing only: each character keeps its place, so offsets hold in both forms.
 */
export function matchForm(path: string): string {
  return path.includes("%") ? path.replace(ESCAPE, toUpper) : path;
}

const ESCAPE = /%[0-9a-f]{2}/gi;
const toUpper = (text: string): string => text.toUpperCase();

/** Undefined if an escape is malformed or stands for NUL. */
function decodeUnreserved(raw: string): string | undefined {
  let decoded = "";
  let from = 0;
  for (let at = raw.indexOf("%"); at !== -1; at = raw.indexOf("%", at + 3)) {
    const high = HEX[raw.charCodeAt(at + 1)] ?? NO_DIGIT;
    const low = HEX[raw.charCodeAt(at + 2)] ?? NO_DIGIT;
    if (high === NO_DIGIT || low === NO_DIGIT) return undefined;
    const octet = high * 16 + low;
    if (octet === 0) return undefined;
    if (UNRESERVED[octet] === 0) continue;
    decoded += raw.slice(from, at) + String.fromCharCode(octet);
    from = at + 3;
  }
  return from === 0 ? raw : decoded + raw.slice(from);
}

/** RFC 3986 §5.2.4; undefined if a dot segment has parameters. */
function removeDotSegments(path: string): string | undefined {
  const segments = path.split("/");
  const last = segments.length - 1;
  const kept: string[] = [];
  for (let i = 1; i <= last; i++) {
    const segment = segments[i] as string;
    if (segment === "." || segment === "..") {
      if (segment === "..") kept.pop();
      if (i === last) kept.push("");
      continue;
    }
    if (segment.startsWith(".;") || segment.startsWith("..;")) return undefined;
    kept.push(segment);
  }
  return `/${kept.join("/")}`;
}
