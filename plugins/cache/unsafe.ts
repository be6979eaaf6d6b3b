import type { Context, Handler, Reply } from "../../src/plugin.ts";
import { readAsked } from "./asked.ts";
import { invalidate } from "./invalidate.ts";
import type { Keys } from "./keys.ts";
import type { RouteParts } from "./route-parts.ts";
import { forwardStatus } from "./rules/cache-status.ts";
import { explicitLifetime } from "./rules/freshness.ts";
import { sameOriginTarget } from "./rules/invalidation.ts";
import { responseDirectives } from "./rules/response-directives.ts";
import { type AskedAt, isAuthorized, keep, storedHead } from "./storing.ts";
import { tagsOf } from "./tags.ts";

/** A request of another method than GET and HEAD: it goes to the service, and may make invalid what is stored. */
export async function passOther(ctx: Context, next: Handler, keys: Keys, parts: RouteParts): Promise<Reply> {
  const { purges, purging } = parts.shared;
  const requestMs = parts.now();
  const since = purges.count;
  const reply = await next(ctx);
  if (reply.status === 101) return reply;
  const isPosted = ctx.request.method === "POST" && keys.isBypassed?.(ctx) !== true;
  const mayKeep =
    isPosted && !(purges.count > since && purges.hasSince(since, keys.urlKey(ctx.request), tagsOf(reply.headers)));
  const removed = invalidate(ctx, reply, purging);
  // Whoever has the answer may ask another gateway.
  if (parts.tier !== undefined) await removed;
  parts.metrics.count("bypass");
  reply.headers.append("cache-status", forwardStatus({ forward: "method" }));
  if (mayKeep) keepPosted(ctx, reply, { requestMs, responseMs: parts.now(), since: purges.count }, keys, parts);
  return reply;
}

/**
 * The answer to POST is what GET would have if its Content-Location is the URL that was asked, and it says how long it is fresh
 * (RFC 9110 §9.3.3).
 */
function keepPosted(ctx: Context, reply: Reply, at: AskedAt, keys: Keys, parts: RouteParts): void {
  const { headers } = reply;
  if (reply.status !== 200 || !isOfRequest(ctx, headers.get("content-location"))) return;
  if (explicitLifetime(headers, responseDirectives(headers), at.responseMs) === undefined) return;
  const place = { url: keys.urlKey(ctx.request), owner: keys.owner, own: keys.ownKey?.(ctx) ?? "" };
  const { noStore } = readAsked(ctx.request.headers).directives;
  const asked = { noStore, hasAuthorization: isAuthorized(ctx, parts) };
  const head = storedHead(ctx, place, asked, reply, at, parts);
  if (typeof head !== "string") keep(place.url, head, reply, parts, () => {});
}

function isOfRequest({ request }: Context, contentLocation: string | undefined): boolean {
  if (contentLocation === undefined) return false;
  const target = sameOriginTarget(contentLocation, `${request.scheme}://${request.host}${request.path}`);
  return target !== undefined && target.path === request.path && target.query === request.query;
}
