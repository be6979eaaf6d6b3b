import type { RequestDirectives } from "./request-directives.ts";
import { forbidsStale, type Terms } from "./storable.ts";

/**
 * What may be done with a stored response (RFC 9111 §4): it is the answer; it is, while it is asked for anew beside
 * (RFC 5861 §3); or the service has to be asked first.
 */
export type Reuse = "fresh" | "stale" | "while-revalidate" | "validate";

/** Decides by the response's terms, its age in ms and what the client asks for. */
export function reuseOf(
  { lifetimeMs, directives, staleWhileRevalidateMs }: Terms,
  ageMs: number,
  asked: RequestDirectives,
): Reuse {
  if (asked.noCache || directives.noCache) return "validate";
  if (asked.maxAge !== undefined && ageMs > asked.maxAge * 1_000) return "validate";
  const leftMs = lifetimeMs - ageMs;
  if (leftMs > 0) return asked.minFresh !== undefined && leftMs < asked.minFresh * 1_000 ? "validate" : "fresh";
  if (asked.minFresh !== undefined) return "validate";
  const takesStale = asked.maxStale !== undefined && -leftMs <= asked.maxStale * 1_000;
  if (takesStale && !forbidsStale(directives)) return "stale";
  return -leftMs < staleWhileRevalidateMs ? "while-revalidate" : "validate";
}

/** Whether it may be the answer although it is stale, because the service fails (RFC 5861 §4). */
export function isUsableOnError(
  { lifetimeMs, directives, staleIfErrorMs }: Terms,
  ageMs: number,
  asked: RequestDirectives,
): boolean {
  if (directives.noCache || asked.noCache) return false;
  return ageMs - lifetimeMs < staleIfErrorMs;
}
