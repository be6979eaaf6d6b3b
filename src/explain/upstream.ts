import type { ListenConfig, RouteConfig } from "../config/schema.ts";
import type { Context } from "../context.ts";
import type { GatewayRequest } from "../message/request.ts";
import { compileRewrite } from "../routing/rewrite.ts";
import { isIdempotent } from "../upstream/idempotent.ts";
import type { Service } from "../upstream/service.ts";
import { placeText } from "./options.ts";
import type { Places } from "./places.ts";
import type { ExplainReport, UpstreamReport } from "./report.ts";

/** What the service gets. Throws GatewayError where the path cannot be rewritten. */
export function upstreamOf(ctx: Context, service: Service, route: RouteConfig, places: Places): UpstreamReport {
  const rewrite = compileRewrite(route);
  if (rewrite !== undefined) ctx.upstreamPath = rewrite(ctx.request.path, ctx.params);
  const { upstreamPath: path, upstreamQuery: query } = ctx;
  const { name, config, targets } = service;
  const end = query === undefined ? path : `${path}?${query}`;
  return {
    service: name,
    place: placeText(places.placeOf(config)),
    balance: config.balance,
    urls: targets.map(({ url }) => `${url.replace(/\/$/, "")}${end}`),
    path,
    query,
    host: config["preserve-host"] ? ctx.request.host : undefined,
  };
}

/** Without the plugin: only a connection that the target had closed meanwhile is passed over (RFC 9112 §9.3.1). */
export function coreRetry(request: GatewayRequest): string {
  const { method, headers, body } = request;
  const isSafe = (isIdempotent(method) || headers.has("idempotency-key")) && body.isInMemory;
  if (isSafe) return "not tried again (no retry plugin), but once where an idle connection turns out to be closed";
  return "not tried again: there is no retry plugin";
}

/** What bounds the request's time, in ms: by the listener, then by the service. */
export function timeoutsOf(listen: ListenConfig, service: Service | undefined): ExplainReport["timeouts"] {
  const { header, body, "keep-alive": keepAlive } = listen.timeouts;
  const own = { "listen.header": header, "listen.body": body, "listen.keep-alive": keepAlive };
  if (service === undefined) return own;
  const { connect, pool, response, idle, total } = service.config.timeouts;
  return { ...own, connect, pool, response, idle, total };
}
