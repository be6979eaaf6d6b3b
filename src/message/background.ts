import { Context } from "../context.ts";
import { Body } from "./body.ts";

/**
 * A record for work that goes on beside a request and outlives it: of a request like that one, without a body, a client or an
 * end of its time. Nobody is told how it ends.
 */
export function backgroundOf(ctx: Context): Context {
  const request = { ...ctx.request, headers: ctx.request.headers.copy(), body: Body.empty };
  const background = new Context(request, performance.now());
  background.route = ctx.route;
  background.params = ctx.params;
  background.service = ctx.service;
  background.principal = ctx.principal;
  background.trace = ctx.trace?.root;
  background.requestId = ctx.requestId;
  background.upstreamPath = ctx.upstreamPath;
  background.upstreamQuery = ctx.upstreamQuery;
  return background;
}
