import type { HeaderList } from "../../../src/plugin.ts";
import { explicitLifetime, HEURISTIC_STATUSES, heuristicLifetime, initialAge, type ReceivedAt } from "./freshness.ts";
import type { RulesPolicy } from "./policy.ts";
import { type ResponseDirectives, responseDirectives } from "./response-directives.ts";
import { varyNames } from "./vary.ts";

/** Why a response is not stored: words for metrics and Cache-Status. */
export type Refusal =
  | "no-store"
  | "request-no-store"
  | "private"
  | "authorization"
  | "set-cookie"
  | "vary"
  | "status"
  | "no-freshness"
  | "too-large"
  | "busy";

/** How a stored response may be used. Times in ms. */
export interface Terms {
  readonly lifetimeMs: number;
  readonly initialAgeMs: number;
  readonly directives: ResponseDirectives;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Request fields that it was chosen by. */
  readonly vary: readonly string[];
}

/** What of a request decides whether the response to it is stored. */
export interface AskedBy {
  readonly noStore: boolean;
  readonly hasAuthorization: boolean;
}

/** A response, as far as its head goes. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderList;
}

/** Statuses that this cache acts on as they mean it: what `must-understand` asks for (RFC 9111 §5.2.2.3). */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  200, 203, 204, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 421,
  422, 429, 451, 500, 501, 502, 503, 504, 505,
]);

/** On what terms a response to GET may be stored, or why it may not (RFC 9111 §3). */
export function storageTerms(
  asked: AskedBy,
  response: ResponseHead,
  at: ReceivedAt,
  policy: RulesPolicy,
): Terms | Refusal {
  const { status, headers } = response;
  const directives = responseDirectives(headers);
  const refusal = refusalOf(asked, response, directives, policy);
  if (refusal !== undefined) return refusal;
  const vary = varyNames(headers);
  if (vary === undefined) return "vary";

  const stated = explicitLifetime(headers, directives, at.responseMs) ?? policy.ttlOf(status);
  const guessed = stated === undefined && mayGuess(status, directives);
  if (stated === undefined && !guessed) return "status";
  const lifetimeMs = stated ?? heuristicLifetime(headers, policy.heuristic, at.responseMs);
  const terms: Terms = {
    lifetimeMs: directives.noCache ? 0 : lifetimeMs,
    initialAgeMs: initialAge(headers, at),
    directives,
    staleWhileRevalidateMs: staleWindow(directives, directives.staleWhileRevalidate, policy.staleWhileRevalidateMs),
    staleIfErrorMs: staleWindow(directives, directives.staleIfError, policy.staleIfErrorMs),
    vary,
  };
  return isUseful(terms, headers) ? terms : "no-freshness";
}

/** RFC 9111 §3, but for freshness. */
function refusalOf(
  asked: AskedBy,
  { status, headers }: ResponseHead,
  directives: ResponseDirectives,
  policy: RulesPolicy,
): Refusal | undefined {
  // A part of a response, and one that confirms another, are not responses to GET by themselves.
  if (status === 206 || status === 304 || status < 200) return "status";
  if (asked.noStore) return "request-no-store";
  if (directives.mustUnderstand ? !UNDERSTOOD.has(status) : directives.noStore) return "no-store";
  if (directives.isPrivate) return "private";
  if (asked.hasAuthorization && !allowsAuthorized(directives)) return "authorization";
  if (!policy.storesCookies && headers.has("set-cookie") && !directives.withheld.includes("set-cookie")) {
    return "set-cookie";
  }
  return undefined;
}

/** Whether what was answered to one who has authenticated may be used for others (RFC 9111 §3.5). */
export function allowsAuthorized({ isPublic, mustRevalidate, sharedMaxAge }: ResponseDirectives): boolean {
  return isPublic || mustRevalidate || sharedMaxAge !== undefined;
}

/** Whether a stale response is never an answer by itself (RFC 9111 §4.2.4, §5.2.2.2, §5.2.2.8 and §5.2.2.10). */
export function forbidsStale({ mustRevalidate, proxyRevalidate, sharedMaxAge }: ResponseDirectives): boolean {
  return mustRevalidate || proxyRevalidate || sharedMaxAge !== undefined;
}

/**
 * For how long past its freshness it may be used, in ms: as the response says, beside s-maxage too, or else as the
 * configuration does, which overrules none of the response's directives.
 */
function staleWindow(directives: ResponseDirectives, statedSeconds: number | undefined, policyMs: number): number {
  if (directives.mustRevalidate || directives.proxyRevalidate) return 0;
  if (statedSeconds !== undefined) return statedSeconds * 1_000;
  return forbidsStale(directives) ? 0 : policyMs;
}

function mayGuess(status: number, { isPublic }: ResponseDirectives): boolean {
  return isPublic || HEURISTIC_STATUSES.has(status);
}

/** Whether it can be used at all: while it is fresh, after the service was asked, or when the service fails. */
function isUseful({ lifetimeMs, initialAgeMs, staleIfErrorMs, staleWhileRevalidateMs }: Terms, headers: HeaderList) {
  if (lifetimeMs > initialAgeMs || headers.has("etag") || headers.has("last-modified")) return true;
  return lifetimeMs + Math.max(staleIfErrorMs, staleWhileRevalidateMs) > initialAgeMs;
}
