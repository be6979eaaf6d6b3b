/**
 * IP addresses as text and as four signed 32-bit words. An IPv4 address is held as the IPv6 address that maps it
 * (RFC 4291 §2.5.5.2), so that both spellings are one address.
 */

const DOT = 46;
const ZERO = 48;
const COLON = 58;
/** `ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255`; what is longer is no address. */
const LONGEST = 45;
const MAPPED = 0xffff;

/**
 * Reads a bare address into `words` and says whether it is one. Strict: no leading zeros (which some read as octal),
 * no shortened IPv4, no zone, brackets, port or blanks. After false the words mean nothing.
 */
export function parseAddress(text: string, words: Int32Array): boolean {
  const ipv4 = parseIpv4(text, 0, text.length);
  if (ipv4 < 0) return parseIpv6(text, words);
  words[0] = 0;
  words[1] = 0;
  words[2] = MAPPED;
  words[3] = ipv4;
  return true;
}

/** Whether the words hold an IPv4 address, however it was spelled. */
export function isIpv4(words: Int32Array): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === MAPPED;
}

/** The canonical text of an address: dotted decimal, or lower-case hexadecimal as in RFC 5952 §4. */
export function formatAddress(words: Int32Array): string {
  if (isIpv4(words)) {
    const word = words[3] as number;
    return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  }
  const groups: number[] = [];
  for (const word of words) groups.push(word >>> 16, word & 0xffff);
  const [start, length] = longestZeros(groups);
  if (length < 2) return hexGroups(groups, 0, 8);
  return `${hexGroups(groups, 0, start)}::${hexGroups(groups, start + length, 8)}`;
}

/**
 * The canonical text of an address as peers, X-Forwarded-For and Forwarded spell it: brackets, a port and a zone are
 * taken off, `::ffff:192.0.2.1` becomes `192.0.2.1`. Undefined if it is no address.
 */
export function normalizeAddress(text: string): string | undefined {
  if (parseIpv4(text, 0, text.length) >= 0) return text;
  const bare = withoutPort(text);
  if (bare === undefined) return undefined;
  const words = new Int32Array(4);
  return parseAddress(bare, words) ? formatAddress(words) : undefined;
}

/** What stands before the port; of IPv6 what stands in the brackets and before the zone (RFC 4007 §11). */
function withoutPort(text: string): string | undefined {
  if (text.startsWith("[")) {
    const close = text.indexOf("]");
    if (close < 0 || !isPortOrNothing(text, close + 1)) return undefined;
    const inside = withoutZone(text.slice(1, close));
    return inside?.includes(":") === true ? inside : undefined;
  }
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  if (text.indexOf(":", colon + 1) > 0) return withoutZone(text);
  const host = text.slice(0, colon);
  return isPortOrNothing(text, colon) ? host : undefined;
}

function withoutZone(text: string): string | undefined {
  const percent = text.indexOf("%");
  if (percent < 0) return text;
  return percent === text.length - 1 ? undefined : text.slice(0, percent);
}

/** Whether the text from `start` is empty or `:` and a port of 1 to 5 digits. */
function isPortOrNothing(text: string, start: number): boolean {
  if (start === text.length) return true;
  if (text.charCodeAt(start) !== COLON || text.length - start > 6) return false;
  let port = -1;
  for (let i = start + 1; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return false;
    port = Math.max(port, 0) * 10 + digit;
  }
  return port >= 0 && port <= 65_535;
}

/** The address as an unsigned number, or −1. */
function parseIpv4(text: string, start: number, end: number): number {
  let value = 0;
  let octets = 0;
  let octet = -1;
  for (let i = start; i <= end; i++) {
    const code = i === end ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (octet < 0 || octets === 4) return -1;
      value = value * 256 + octet;
      octets++;
      octet = -1;
      continue;
    }
    const digit = code - ZERO;
    // A zero in front is refused: "010" is ten to some and eight to others.
    if (digit < 0 || digit > 9 || octet === 0) return -1;
    octet = octet < 0 ? digit : octet * 10 + digit;
    if (octet > 255) return -1;
  }
  return octets === 4 ? value : -1;
}

/** RFC 4291 §2.2: eight groups, one run of zero groups shortened to "::", the last two perhaps dotted decimal. */
function parseIpv6(text: string, words: Int32Array): boolean {
  const end = text.length;
  if (end < 2 || end > LONGEST) return false;
  const groups: number[] = [];
  let gap = -1;
  let at = 0;
  if (text.startsWith("::")) {
    gap = 0;
    at = 2;
  }
  while (at < end) {
    const start = at;
    let group = 0;
    for (let digit = hexDigit(text, at); digit >= 0; digit = hexDigit(text, at)) {
      group = group * 16 + digit;
      at++;
    }
    if (text.charCodeAt(at) === DOT) {
      const ipv4 = parseIpv4(text, start, end);
      if (ipv4 < 0) return false;
      groups.push(ipv4 >>> 16, ipv4 & 0xffff);
      break;
    }
    if (at === start || at - start > 4) return false;
    groups.push(group);
    if (at === end) break;
    if (text.charCodeAt(at) !== COLON || ++at === end) return false;
    if (text.charCodeAt(at) !== COLON) continue;
    if (gap >= 0) return false;
    gap = groups.length;
    at++;
  }
  return fillWords(words, groups, gap);
}

function fillWords(words: Int32Array, groups: readonly number[], gap: number): boolean {
  const missing = 8 - groups.length;
  if (gap < 0 ? missing !== 0 : missing < 1) return false;
  words.fill(0);
  for (let i = 0; i < groups.length; i++) {
    const place = gap >= 0 && i >= gap ? i + missing : i;
    words[place >> 1] = (words[place >> 1] as number) | ((groups[i] as number) << (place % 2 === 0 ? 16 : 0));
  }
  return true;
}

/** The value of the hexadecimal digit at that place; −1 for anything else and past the end. */
function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code >= ZERO && code <= 57) return code - ZERO;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Start and length of the longest run of zero groups, the first of equals (RFC 5952 §4.2.3). */
function longestZeros(groups: readonly number[]): readonly [number, number] {
  let best = 0;
  let bestLength = 0;
  let length = 0;
  for (let i = 0; i < groups.length; i++) {
    length = groups[i] === 0 ? length + 1 : 0;
    if (length <= bestLength) continue;
    bestLength = length;
    best = i + 1 - length;
  }
  return [best, bestLength];
}

function hexGroups(groups: readonly number[], start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += `${i === start ? "" : ":"}${(groups[i] as number).toString(16)}`;
  return text;
}
