/**
 * The Forwarded field (RFC 7239 §4): a list of elements, one a hop, of which the nearest hop's comes last. It is read
 * from its end, so that what a client wrote in front cannot hide what trusted proxies added behind it.
 */
import { HTAB, isToken, SP } from "../http1/chars.ts";

const QUOTE = 34;
const COMMA = 44;
const SEMICOLON = 59;
const BACKSLASH = 92;
const TO_ESCAPE = /["\\]/g;

/** What one hop says of the request it got; values without their quotes. */
export interface ForwardedElement {
  readonly for: string | undefined;
  readonly host: string | undefined;
  readonly proto: string | undefined;
}

/** Where the element starts that ends at `end`: behind the nearest comma outside quotes, or at 0. */
export function elementStart(value: string, end: number): number {
  let isQuoted = false;
  for (let i = end - 1; i >= 0; i--) {
    const code = value.charCodeAt(i);
    if (code === COMMA && !isQuoted) return i + 1;
    if (code === QUOTE && !(isQuoted && isEscaped(value, i))) isQuoted = !isQuoted;
  }
  return 0;
}

/** Part of a field value without the blanks around it (RFC 9110 §5.6.3: SP and HTAB, nothing else). */
export function trimmedPart(value: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(value.charCodeAt(from))) from++;
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

/**
 * Reads one element. Undefined if it breaks the grammar: a parameter without a value or named twice, blanks within,
 * an open quote. Parameters other than for, host and proto are read over.
 */
export function parseElement(text: string): ForwardedElement | undefined {
  const values = new Map<string, string>();
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) === SEMICOLON) continue;
    const equals = text.indexOf("=", at);
    if (equals < 0) return undefined;
    const name = text.slice(at, equals).toLowerCase();
    at = valueEnd(text, equals + 1);
    const value = unquote(text.slice(equals + 1, at));
    if (!isToken(name) || value === undefined || values.has(name)) return undefined;
    values.set(name, value);
  }
  return { for: values.get("for"), host: values.get("host"), proto: values.get("proto") };
}

/** Whether every element is well-formed, so that another may be put behind them. */
export function isForwarded(value: string): boolean {
  for (let end = value.length; end >= 0; ) {
    const start = elementStart(value, end);
    if (parseElement(trimmedPart(value, start, end)) === undefined) return false;
    end = start - 1;
  }
  return true;
}

/** A value as the field carries it: a token as it is, all else quoted. */
export function forwardedValue(text: string): string {
  return isToken(text) ? text : `"${text.replace(TO_ESCAPE, "\\$&")}"`;
}

/** Where the value ends that starts at `start`: at the next ";" outside quotes, or with the text. */
function valueEnd(text: string, start: number): number {
  let at = start;
  if (text.charCodeAt(at) === QUOTE) {
    at++;
    while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  const semicolon = text.indexOf(";", at);
  return semicolon < 0 ? text.length : semicolon;
}

/** A token, or what a quoted-string quotes (RFC 9110 §5.6.4); undefined if it is neither. */
function unquote(value: string): string | undefined {
  if (value.charCodeAt(0) !== QUOTE) return isToken(value) ? value : undefined;
  const last = value.length - 1;
  if (last < 1 || value.charCodeAt(last) !== QUOTE) return undefined;
  let text = "";
  for (let i = 1; i < last; i++) {
    const code = value.charCodeAt(i);
    if (code === QUOTE) return undefined;
    if (code === BACKSLASH && ++i === last) return undefined;
    text += value[i];
  }
  return text;
}

/** Whether an odd number of backslashes stands before the place. */
function isEscaped(value: string, at: number): boolean {
  let first = at;
  while (value.charCodeAt(first - 1) === BACKSLASH) first--;
  return (at - first) % 2 === 1;
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}
