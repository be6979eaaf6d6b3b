import type { Context, Handler, Reply } from "../../src/plugin.ts";
import { answerFrom } from "./answer.ts";
import { readAsked } from "./asked.ts";
import { incompleteOf } from "./completing.ts";
import type { Entry } from "./entry.ts";
import { fetchShared, refresh } from "./fetching.ts";
import { answerFromPart, type Incomplete } from "./incomplete.ts";
import type { Keys } from "./keys.ts";
import { selectEntry, selectPart } from "./memory.ts";
import { purgeAsked } from "./purge/request.ts";
import type { Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { type Forward, forwardStatus } from "./rules/cache-status.ts";
import { reuseOf } from "./rules/reuse.ts";
import { passOther } from "./unsafe.ts";

/** Makes the layer's handler: answers from the store what may be, and asks the service for the rest. */
export function cachedHandler(keys: Keys, parts: RouteParts, next: Handler): Handler {
  const { shared, metrics, now } = parts;
  const { urlKey, ownKey, isBypassed, owner } = keys;

  return (ctx) => {
    const { request } = ctx;
    const { method } = request;
    if (method !== "GET" && method !== "HEAD") {
      if (method === "PURGE" && keys.purgers !== undefined) return purgeAsked(ctx, keys.purgers, shared.purging);
      return passOther(ctx, next, keys, parts);
    }
    // A switch to another protocol is no response, and a body may change what the response is.
    const isOther = ctx.upgrade !== undefined || !request.body.isEmpty;
    if (isOther || isBypassed?.(ctx) === true) return passAlong(ctx, next, "bypass", parts);
    const asked = readAsked(request.headers);
    if (asked.isForService) return passAlong(ctx, next, "request", parts);

    const url = urlKey(request);
    const own = ownKey === undefined ? "" : ownKey(ctx);
    const resource = shared.memory.get(url);
    const entry = resource === undefined ? undefined : selectEntry(resource, owner, own, request.headers);
    const quest = (forward: Forward, incomplete?: Incomplete): Quest => ({
      ctx,
      next,
      asked,
      url,
      owner,
      own,
      entry,
      incomplete,
      since: shared.purges.count,
      forward,
      isRefresh: false,
    });
    const nowMs = now();
    if (entry === undefined) {
      if (resource === undefined) return fetchShared(quest("uri-miss"), parts);
      const part = selectPart(resource, owner, own, request.headers);
      if (part === undefined) return fetchShared(quest("vary-miss"), parts);
      const found = answerFromPart(part, asked, method, nowMs);
      if (found === "partial")
        return fetchShared(quest(found, incompleteOf(part, asked, method, parts.maxObject)), parts);
      if (typeof found === "string") return fetchShared(quest(found), parts);
      metrics.count("hit");
      ctx.trace?.set("sluice.cache", "hit");
      return found;
    }

    const ageMs = entry.ageAt(nowMs);
    const reuse = entry.isInvalid ? "validate" : reuseOf(entry.stored.terms, ageMs, asked.directives);
    if (reuse === "validate") return fetchShared(quest(isFresh(entry, ageMs) ? "request" : "stale"), parts);
    const result = reuse === "fresh" ? "hit" : "stale";
    metrics.count(result);
    ctx.trace?.set("sluice.cache", result);
    if (reuse === "while-revalidate") refresh(quest("stale"), parts);
    return answerFrom(entry, asked, method, nowMs);
  };
}

function isFresh({ stored, isInvalid }: Entry, ageMs: number): boolean {
  return !isInvalid && ageMs < stored.terms.lifetimeMs;
}

/** Asks the service and stores nothing. */
async function passAlong(ctx: Context, next: Handler, forward: Forward, { metrics }: RouteParts): Promise<Reply> {
  metrics.count("bypass");
  const reply = await next(ctx);
  if (reply.status !== 101) reply.headers.append("cache-status", forwardStatus({ forward }));
  return reply;
}
