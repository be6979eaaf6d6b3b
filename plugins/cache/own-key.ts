import { type Context, compileKey, type KeyOf, type KeyPlace, storeKey } from "../../src/plugin.ts";
import type { CacheOptions } from "./options.ts";

/** Makes what tells requests for one URL apart by the configuration; undefined if nothing does. */
export function compileOwnKey(
  { headers, cookies, principal }: CacheOptions["key"],
  place: KeyPlace,
): KeyOf | undefined {
  const parts: KeyOf[] = [];
  const named = [...headers.map((name) => `header:${name}`), ...cookies.map((name) => `cookie:${name}`)];
  if (named.length > 0) parts.push(compileKey(named, place));
  if (principal) parts.push(principalKey);
  const [first] = parts;
  return parts.length < 2 ? first : (ctx) => parts.map((part) => part(ctx)).join(":");
}

/** All who are not authenticated share one key. */
function principalKey({ principal }: Context): string {
  return principal === undefined ? "nobody" : `principal:${storeKey(principal.source, principal.id)}`;
}

/** Makes the test whether a request has one of `bypass`: `header:NAME`, `cookie:NAME` or `query:NAME`. */
export function compileBypass(
  conditions: CacheOptions["bypass"],
  place: KeyPlace,
): ((ctx: Context) => boolean) | undefined {
  if (conditions.length === 0) return undefined;
  const tests = conditions.map((condition) => {
    const value = compileKey(condition, place);
    const none = `${condition.slice(0, condition.indexOf(":"))}:`;
    return (ctx: Context) => value(ctx) !== none;
  });
  return (ctx) => tests.some((test) => test(ctx));
}
