import type { Context } from "../context.ts";
import { byteText, queryValue } from "../routing/query.ts";
import { storeKey } from "../store/key.ts";
import { addressPart, cookieValue, valuePart } from "./parts.ts";
import type { KeySpec } from "./schema.ts";

/** Where a key is used, and how it is made. */
export interface KeyPlace {
  readonly route: { readonly name: string } | undefined;
  readonly service: string | undefined;
  /** Bits of an IPv6 address that tell clients apart; 64 unless told. */
  readonly ipv6Prefix?: number;
}

/** The key of a request. Keys of one function never meet unless all of their parts are the same. */
export type KeyOf = (ctx: Context) => string;

/**
 * Makes the function that tells requests apart. `principal` is the client's address for who is not authenticated. What a
 * request does not have counts as empty, so that requests without it share a key.
 */
export function compileKey(spec: KeySpec, place: KeyPlace): KeyOf {
  const parts = (typeof spec === "string" ? [spec] : spec).map((part) => compilePart(part, place));
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  return (ctx) => {
    let key = "";
    for (const part of parts) key = key === "" ? part(ctx) : `${key}:${part(ctx)}`;
    return key;
  };
}

/** The text of a key as it is written, for messages and names. */
export function keyText(spec: KeySpec): string {
  return typeof spec === "string" ? spec : spec.join(",");
}

function compilePart(part: string, { route, service, ipv6Prefix = 64 }: KeyPlace): KeyOf {
  const [kind, name = ""] = splitAtColon(part);
  switch (kind) {
    case "ip":
      return ({ request }) => `ip:${addressPart(request.peer.clientAddress, ipv6Prefix)}`;
    case "principal":
      return ({ principal, request }) => {
        if (principal === undefined) return `ip:${addressPart(request.peer.clientAddress, ipv6Prefix)}`;
        return `principal:${storeKey(principal.source)}:${valuePart(principal.id, false)}`;
      };
    case "header":
      return headerPart(name.toLowerCase());
    case "cookie":
      return ({ request }) => {
        const field = request.headers.get("cookie");
        return `cookie:${valuePart((field && cookieValue(field, name)) ?? "", true)}`;
      };
    case "query":
      return queryPart(byteText(name));
    case "route":
      return constant(`route:${storeKey(route?.name ?? "")}`);
    case "service":
      return constant(`service:${storeKey(service ?? "")}`);
    default:
      return constant("global");
  }
}

/** What such names say is a secret: it is never in a key as it is. */
const SECRET = /auth|key|token|secret|session|cookie|password/i;

function headerPart(name: string): KeyOf {
  const isSecret = SECRET.test(name);
  return ({ request }) => `header:${valuePart(request.headers.get(name) ?? "", isSecret)}`;
}

function queryPart(name: string): KeyOf {
  const isSecret = SECRET.test(name);
  return ({ request: { query } }) => {
    const value = query === undefined ? undefined : queryValue(query, name);
    return `query:${valuePart(value ?? "", isSecret)}`;
  };
}

function constant(key: string): KeyOf {
  return () => key;
}

function splitAtColon(part: string): readonly [string, string?] {
  const colon = part.indexOf(":");
  return colon < 0 ? [part] : [part.slice(0, colon), part.slice(colon + 1)];
}
