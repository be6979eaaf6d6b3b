import { hashNext, SLOTS } from "./names.ts";

/** Copied from one side to the other as it came. */
export const PLAIN = 0;
/** About one connection alone, and without a meaning here: left out. */
export const DROPPED = 1;
export const HOST = 2;
export const CONNECTION = 3;
export const CONTENT_LENGTH = 4;
export const TRANSFER_ENCODING = 5;
export const VIA = 6;
export const DATE = 7;
/** Rare, and with a meaning that the scanner leaves to the parser. */
export const UNUSUAL = 8;
/** Copied as it came, and where it stands is kept: who is calling is asked of many requests. */
export const AUTHORIZATION = 9;
/** The same: with traces it is asked of every request. */
export const TRACEPARENT = 10;
/** Copied as it came; it goes with the one before. */
export const TRACESTATE = 11;

const SPECIAL: Readonly<Record<string, number>> = {
  host: HOST,
  connection: CONNECTION,
  "content-length": CONTENT_LENGTH,
  "transfer-encoding": TRANSFER_ENCODING,
  via: VIA,
  authorization: AUTHORIZATION,
  date: DATE,
  traceparent: TRACEPARENT,
  tracestate: TRACESTATE,
  "keep-alive": DROPPED,
  te: DROPPED,
  "http2-settings": DROPPED,
  expect: UNUSUAL,
  upgrade: UNUSUAL,
  trailer: UNUSUAL,
  "proxy-connection": UNUSUAL,
  "proxy-authenticate": UNUSUAL,
  "proxy-authorization": UNUSUAL,
  // What `isDisguised` is about, but for the fields of proxies.
  proxy: UNUSUAL,
  content_length: UNUSUAL,
  transfer_encoding: UNUSUAL,
  keep_alive: UNUSUAL,
  http2_settings: UNUSUAL,
  proxy_connection: UNUSUAL,
  proxy_authenticate: UNUSUAL,
  proxy_authorization: UNUSUAL,
};

/** By the hash of the name. */
const kinds = new Uint8Array(SLOTS);
const names: string[] = new Array<string>(SLOTS).fill("");
for (const [name, kind] of Object.entries(SPECIAL)) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = hashNext(hash, name.charCodeAt(i));
  if (names[hash] !== "") throw new Error(`the header names ${names[hash]} and ${name} have the same hash`);
  kinds[hash] = kind;
  names[hash] = name;
}

/** Whether a field that is not plain goes from one side to the other as it came. */
export function isKept(what: number): boolean {
  return what === DATE || what === VIA || what === AUTHORIZATION || what === TRACEPARENT || what === TRACESTATE;
}

/** What the field is whose name, in small letters, stands in `bytes` from `start` to `end`. */
export function kindOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
  const kind = kinds[hash] as number;
  if (kind === PLAIN) return PLAIN;
  const name = names[hash] as string;
  if (name.length !== end - start) return PLAIN;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return PLAIN;
  return kind;
}

const C = 99;
const E = 101;
const F = 102;
const H = 104;
const L = 108;
const M = 109;
const O = 111;
const R = 114;
const T = 116;
const U = 117;
const X = 120;

/**
 * Whether a name may be one that only a trusted proxy may send: Forwarded, X-Forwarded-*, X-Original-*, X-Real-IP and
 * their kin, with "_" for "-" too. Decided by a few letters: it is never false for one of them, and seldom true for
 * another.
 */
export function mayBeProxyField(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first !== X && first !== T && first !== F) return false;
  if (end - start < 4) return false;
  const third = bytes[start + 2];
  if (first === F) return third === R;
  if (first === T) return third === U;
  const fourth = bytes[start + 3];
  switch (third) {
    case F:
      return fourth === O;
    case O:
      return fourth === R;
    case H:
      return fourth === T;
    case M:
      return fourth === E;
    case C:
      return fourth === L;
    case R:
      // x-real-ip and x-rewrite-url, but not x-request-id.
      return fourth === E && bytes[start + 4] !== 113;
    default:
      return false;
  }
}
