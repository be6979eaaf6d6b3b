import { type Directive, deltaSeconds, parseDirectives } from "./directives.ts";

/** What a client asks of caches on the way (RFC 9111 §5.2.1). Times in seconds. */
export interface RequestDirectives {
  readonly noCache: boolean;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  readonly maxAge: number | undefined;
  readonly minFresh: number | undefined;
  /** Infinite where a client takes any age. */
  readonly maxStale: number | undefined;
}

export const NO_DIRECTIVES: RequestDirectives = {
  noCache: false,
  noStore: false,
  onlyIfCached: false,
  maxAge: undefined,
  minFresh: undefined,
  maxStale: undefined,
};

/** Reads a request's Cache-Control; of several values of one directive the most restrictive holds. */
export function requestDirectives(field: string): RequestDirectives {
  const found = parseDirectives(field);
  const has = (name: string) => found.some((directive) => directive.name === name);
  return {
    noCache: has("no-cache"),
    noStore: has("no-store"),
    onlyIfCached: has("only-if-cached"),
    maxAge: least(found, "max-age", 0),
    minFresh: greatest(found, "min-fresh"),
    maxStale: least(found, "max-stale", Number.POSITIVE_INFINITY),
  };
}

/** `bare` is what the directive means without an argument; a malformed one counts as 0. */
function least(found: readonly Directive[], name: string, bare: number): number | undefined {
  let value: number | undefined;
  for (const directive of found) {
    if (directive.name !== name) continue;
    const isBare = directive.argument === undefined && !directive.isMalformed;
    value = Math.min(value ?? Number.POSITIVE_INFINITY, isBare ? bare : (deltaSeconds(directive.argument) ?? 0));
  }
  return value;
}

function greatest(found: readonly Directive[], name: string): number | undefined {
  let value: number | undefined;
  for (const directive of found) {
    if (directive.name === name) value = Math.max(value ?? 0, deltaSeconds(directive.argument) ?? 0);
  }
  return value;
}
