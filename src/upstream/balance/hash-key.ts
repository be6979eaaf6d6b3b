import type { ServiceConfig } from "../../config/schema.ts";
import type { Context } from "../../context.ts";

export type HashOn = NonNullable<ServiceConfig["hash-on"]>;

/** Reads what consistent-hash hashes from a request; undefined where the request has none. */
export function hashKeyReader(hashOn: HashOn | undefined): (ctx: Context) => string | undefined {
  if (hashOn === undefined) return () => undefined;
  if (hashOn === "ip") return (ctx) => ctx.request.peer.clientAddress;
  if (hashOn === "principal") return (ctx) => ctx.principal?.id;
  if ("header" in hashOn) {
    const name = hashOn.header.toLowerCase();
    return (ctx) => ctx.request.headers.get(name);
  }
  if ("cookie" in hashOn) return (ctx) => cookieValue(ctx, hashOn.cookie);
  return (ctx) => queryValue(ctx.request.query, hashOn.query);
}

/** The value as sent, quotes and all, of the first cookie of that name (RFC 6265 §4.2.1). */
function cookieValue(ctx: Context, name: string): string | undefined {
  const { flat } = ctx.request.headers;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] !== "cookie") continue;
    const value = findPair(flat[i + 1] as string, ";", name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The decoded value of the first parameter of that name, in application/x-www-form-urlencoded (WHATWG URL §5.1). */
function queryValue(query: string | undefined, name: string): string | undefined {
  if (query === undefined) return undefined;
  // Without escapes, as nearly always, the text is its own decoding.
  if (!query.includes("%") && !query.includes("+")) return findPair(query, "&", name);
  return new URLSearchParams(query).get(name) ?? undefined;
}

/** The value behind `name=` in a list of pairs; blanks before a name are skipped. */
function findPair(text: string, separator: string, name: string): string | undefined {
  for (let start = 0; start < text.length; ) {
    while (text[start] === " ") start++;
    const separatorAt = text.indexOf(separator, start);
    const end = separatorAt < 0 ? text.length : separatorAt;
    const value = start + name.length + 1;
    if (value <= end && text[value - 1] === "=" && text.startsWith(name, start)) return text.slice(value, end);
    start = end + 1;
  }
  return undefined;
}
