import { isPlain } from "./quote.ts";

const QUOTE = 0x22;
const ZERO = 0x30;
const POINT = 0x2e;

/** Longest text of a number, in bytes. */
export const NUMBER_BYTES = 32;

/** 1: an octet of ASCII that stands for itself in a log. */
const plainTable = new Uint8Array(128).map((_, octet) => (isPlain(String.fromCharCode(octet)) ? 1 : 0));

/** Writes a text and its quotes; false if it has anything but ASCII that stands for itself. */
export function putText(bytes: Uint8Array, at: number, text: string): boolean {
  const start = at + 1;
  bytes[at] = QUOTE;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (plainTable[unit] !== 1) return false;
    bytes[start + i] = unit;
  }
  bytes[start + text.length] = QUOTE;
  return true;
}

/** Writes a text of ASCII as it is; answers how long it is. */
export function putAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return text.length;
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

/** Writes a finite number to the beginning, as JavaScript does; answers how long it is. Whole ones and hundredths cost little. */
export function putNumber(bytes: Uint8Array, value: number): number {
  const hundredths = Math.round(value * 100);
  // The shortest text of a number that is the nearest to a decimal of so few digits is that decimal.
  if (value < 0 || value > 1e7 || hundredths / 100 !== value) return putAscii(bytes, 0, `${value}`);
  const whole = (hundredths / 100) | 0;
  const length = putDigits(bytes, whole);
  const rest = hundredths - whole * 100;
  if (rest === 0) return length;
  const tenths = (rest / 10) | 0;
  bytes[length] = POINT;
  bytes[length + 1] = ZERO + tenths;
  if (rest === tenths * 10) return length + 2;
  bytes[length + 2] = ZERO + rest - tenths * 10;
  return length + 3;
}

/** A whole number below 2³¹. */
function putDigits(bytes: Uint8Array, value: number): number {
  let length = 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) length++;
  for (let i = length - 1, rest = value; i >= 0; i--, rest = (rest / 10) | 0) bytes[i] = ZERO + (rest % 10);
  return length;
}
