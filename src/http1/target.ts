import { canonicalPath } from "../message/path.ts";
import { ProtocolError } from "./protocol-error.ts";

export interface RequestTarget {
  /** Of an absolute-form target, in lower case; it replaces the Host field (RFC 9112 §3.2.2). */
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
}

/** Visible ASCII without "#": a fragment never goes on the wire (RFC 9112 §3.2). */
const TARGET = /^[\x21\x22\x24-\x7e]+$/;
/** RFC 3986 §3.2 without user information: a name, an IPv4 or a bracketed IPv6 address, and a port. */
const AUTHORITY = /^(?:[a-z0-9._~!$&'()*+,;=-]|%[0-9a-f]{2})+(?::\d{0,5})?$|^\[[0-9a-f:.]{2,45}\](?::\d{0,5})?$/;

/** Splits a request target (RFC 9112 §3.2) into the parts that routing needs. Throws ProtocolError. */
export function parseTarget(method: string, target: string): RequestTarget {
  if (!TARGET.test(target)) throw new ProtocolError("invalid character in the request target");
  if (method === "CONNECT") throw new ProtocolError("CONNECT is refused: the gateway is no tunnel", "not_implemented");
  if (target.charCodeAt(0) === 47) return originForm(target, undefined);
  if (target === "*") {
    if (method !== "OPTIONS") throw new ProtocolError("the target * is for OPTIONS alone");
    return { authority: undefined, path: "*", query: undefined };
  }
  return absoluteForm(method, target);
}

/** The last value that was found to be good: most requests that come one after the other are for one host. */
let lastValue = "localhost";
let lastAuthority = "localhost";

/** The value of a Host field, checked, in lower case (RFC 9112 §3.2). Throws ProtocolError. */
export function parseAuthority(value: string): string {
  if (value !== lastValue) {
    lastAuthority = checkAuthority(value);
    lastValue = value;
  }
  return lastAuthority;
}

/** The same for a value that stands in `bytes`: none is made of one that is the last again. Throws ProtocolError. */
export function authorityAt(bytes: Buffer, start: number, end: number): string {
  const isLast = end - start === lastValue.length && startsWith(bytes, start, lastValue);
  return isLast ? lastAuthority : parseAuthority(bytes.toString("latin1", start, end));
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

function checkAuthority(value: string): string {
  const authority = value.toLowerCase();
  if (!AUTHORITY.test(authority)) throw new ProtocolError("invalid host");
  const colon = authority.lastIndexOf(":");
  if (colon > authority.lastIndexOf("]") && Number(authority.slice(colon + 1)) > 65_535) {
    throw new ProtocolError("invalid port in the host");
  }
  return authority;
}

function originForm(target: string, authority: string | undefined): RequestTarget {
  const mark = target.indexOf("?");
  const path = canonicalPath(mark === -1 ? target : target.slice(0, mark));
  if (path === undefined) throw new ProtocolError("invalid path");
  return { authority, path, query: mark === -1 ? undefined : target.slice(mark + 1) };
}

function absoluteForm(method: string, target: string): RequestTarget {
  const scheme = /^https?:\/\//i.exec(target)?.[0];
  if (scheme === undefined) throw new ProtocolError("invalid request target");
  const rest = target.slice(scheme.length);
  const end = rest.search(/[/?]/);
  const authority = parseAuthority(end === -1 ? rest : rest.slice(0, end));
  // RFC 9112 §3.2.4: as a proxy would have to spell it for the server.
  if (end === -1 && method === "OPTIONS") return { authority, path: "*", query: undefined };
  if (end === -1) return originForm("/", authority);
  return originForm(rest[end] === "?" ? `/${rest.slice(end)}` : rest.slice(end), authority);
}
