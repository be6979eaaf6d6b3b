/** Character classes of RFC 9110 §5.6.2 and §5.5, as tables over the 256 octets. */
export const TOKEN = 1;
export const CAPITAL = 2;

/** 0: no token character; else TOKEN, with CAPITAL for A to Z. */
export const tokenTable: Uint8Array = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") tokenTable[char.charCodeAt(0)] = TOKEN;
for (const char of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") tokenTable[char.charCodeAt(0)] = TOKEN | CAPITAL;

/** 1: may stand in a field value: SP, HTAB, visible characters and obs-text. */
export const valueTable: Uint8Array = new Uint8Array(256).fill(1, 0x20);
valueTable[0x09] = 1;
valueTable[0x7f] = 0;

export const CR = 13;
export const LF = 10;
export const SP = 32;
export const HTAB = 9;
export const COLON = 58;

/** RFC 9110 §5.6.2; false for the empty string. */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if ((tokenTable[text.charCodeAt(i)] ?? 0) === 0) return false;
  return text.length > 0;
}
