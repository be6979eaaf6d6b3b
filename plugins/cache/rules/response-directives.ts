import type { HeaderList } from "../../../src/plugin.ts";
import { ownText } from "../own-text.ts";
import { type Directive, deltaSeconds, parseDirectives } from "./directives.ts";
import { remembering } from "./remembering.ts";
import { targetedDirectives } from "./targeted.ts";

/** What a response says of its caching (RFC 9111 §5.2.2, RFC 5861, RFC 9213). Times in seconds. */
export interface ResponseDirectives {
  /** They stand in CDN-Cache-Control, so that Cache-Control and Expires say nothing (RFC 9213 §2.2). */
  readonly isTargeted: boolean;
  readonly noStore: boolean;
  readonly mustUnderstand: boolean;
  readonly isPublic: boolean;
  /** Without field names; with them `withheld` has these. */
  readonly isPrivate: boolean;
  readonly noCache: boolean;
  /** Fields that `private` and `no-cache` name, in small letters. */
  readonly withheld: readonly string[];
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly maxAge: number | undefined;
  readonly sharedMaxAge: number | undefined;
  readonly staleWhileRevalidate: number | undefined;
  readonly staleIfError: number | undefined;
}

/** Reads what a response says; of several values of one directive the most restrictive holds, and of a malformed one. */
export function responseDirectives(headers: HeaderList): ResponseDirectives {
  const targeted = headers.get("cdn-cache-control");
  const targetedSay = targeted === undefined ? undefined : readTargeted(targeted);
  if (targetedSay !== undefined) return targetedSay;
  const field = headers.get("cache-control");
  return field === undefined ? NONE : readField(field);
}

const readTargeted = remembering((field) => {
  const found = targetedDirectives(field);
  return found === undefined ? undefined : directivesOf(found, true);
});

const readField = remembering((field) => directivesOf(parseDirectives(field), false));

function directivesOf(found: readonly Directive[], isTargeted: boolean): ResponseDirectives {
  const has = (name: string) => found.some((directive) => directive.name === name);
  const isUnqualified = (name: string) => found.some((one) => one.name === name && isBare(one));
  const named = (name: string) => found.flatMap((one) => (one.name === name ? fieldNames(one) : []));
  return {
    isTargeted,
    noStore: has("no-store"),
    mustUnderstand: has("must-understand"),
    isPublic: has("public"),
    isPrivate: isUnqualified("private"),
    noCache: isUnqualified("no-cache"),
    withheld: [...named("private"), ...named("no-cache")],
    mustRevalidate: has("must-revalidate"),
    proxyRevalidate: has("proxy-revalidate"),
    maxAge: least(found, "max-age"),
    sharedMaxAge: least(found, "s-maxage"),
    staleWhileRevalidate: least(found, "stale-while-revalidate"),
    staleIfError: least(found, "stale-if-error"),
  };
}

/** Without names that can be read, the directive is about the whole response (RFC 9111 §5.2.2.4, §5.2.2.7). */
function isBare(directive: Directive): boolean {
  return fieldNames(directive).length === 0;
}

function fieldNames({ argument }: Directive): string[] {
  if (argument === undefined) return [];
  const names = argument.split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "").map(ownText);
}

/** A value that is none makes a response stale at once (RFC 9111 §4.2.1). */
function least(found: readonly Directive[], name: string): number | undefined {
  let value: number | undefined;
  for (const directive of found) {
    if (directive.name !== name) continue;
    value = Math.min(value ?? Number.POSITIVE_INFINITY, deltaSeconds(directive.argument) ?? 0);
  }
  return value;
}

const NONE: ResponseDirectives = directivesOf([], false);
