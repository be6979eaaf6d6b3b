import type { Context } from "./context.ts";
import { GatewayError } from "./errors.ts";
import { isPreflight } from "./message/preflight.ts";
import type { RoutedRequest } from "./message/request.ts";
import type { Pipeline } from "./pipeline.ts";
import { ALLOWED } from "./refuse.ts";
import type { Routed } from "./routing/router.ts";
import type { CompiledRoute, Snapshot } from "./snapshot.ts";

/** Finds the request's route and puts it on its way, which is returned. Throws `forbidden` for some preflights. */
export function enterRoute(ctx: Context, snapshot: Snapshot): Pipeline {
  const { request } = ctx;
  const { own } = snapshot;
  if (own?.paths.has(request.path)) {
    ctx.pipeline = own.pipeline;
    return own.pipeline;
  }
  if (request.method === "OPTIONS" && isPreflight(request)) return enterPreflight(ctx, snapshot);
  const routed = snapshot.router.match(request);
  return enter(ctx, routed, wayOf(ctx, routed, snapshot));
}

/**
 * A preflight speaks for the request that it asks about: that one's route decides, whether it takes OPTIONS or not. If
 * none of its plugins answers, the preflight is a request like any other; but it is not to be answered by the plugins
 * of another route, for they would allow what this one does not.
 */
function enterPreflight(ctx: Context, snapshot: Snapshot): Pipeline {
  const { request } = ctx;
  const asked = snapshot.router.match(askedAbout(request));
  const own = asked?.kind === "match" ? asked.value.next(ctx) : undefined;
  if (own?.answersPreflights === true) return enter(ctx, asked, own);
  const taken = snapshot.router.match(request);
  const way = wayOf(ctx, taken, snapshot);
  if (own === undefined || !way.answersPreflights) return enter(ctx, taken, way);
  enter(ctx, asked, own);
  throw new GatewayError("forbidden", { detail: "Pages of other origins may not send this request" });
}

/** Of its headers only those are known that the preflight has itself. */
function askedAbout({ host, path, query, headers }: RoutedRequest): RoutedRequest {
  return { method: headers.get("access-control-request-method") ?? "", host, path, query, headers };
}

function wayOf(ctx: Context, routed: Routed<CompiledRoute>, { unmatched }: Snapshot): Pipeline {
  return routed?.kind === "match" ? routed.value.next(ctx) : unmatched;
}

function enter(ctx: Context, routed: Routed<CompiledRoute>, way: Pipeline): Pipeline {
  if (routed?.kind === "match") {
    ctx.route = routed.value.info;
    ctx.params = routed.params;
  } else if (routed !== undefined) ctx.set(ALLOWED, routed.allow);
  ctx.pipeline = way;
  return way;
}
