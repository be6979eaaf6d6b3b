import type { ListenConfig, RouteConfig } from "../config/schema.ts";
import type { Context } from "../context.ts";
import { enterRoute } from "../enter.ts";
import { GatewayError } from "../errors.ts";
import { isLastForward } from "../message/max-forwards.ts";
import { isPreflight } from "../message/preflight.ts";
import type { CompiledRoute, Snapshot } from "../snapshot.ts";
import type { Choice } from "../traffic/split.ts";
import type { Service } from "../upstream/service.ts";
import type { Way } from "../way.ts";
import { candidatesOf } from "./candidates.ts";
import { placeText } from "./options.ts";
import type { Places } from "./places.ts";
import { type ExplainedChain, explainChain } from "./plugins.ts";
import type { ExplainReport, UpstreamReport } from "./report.ts";
import { coreRetry, timeoutsOf, upstreamOf } from "./upstream.ts";

/**
 * What a configuration would make of a request. The route is found as for any request, by the same code; nothing is sent,
 * counted or asked, and no lot is drawn.
 */
export async function explain(
  ctx: Context,
  snapshot: Snapshot,
  listen: ListenConfig,
  places: Places,
): Promise<ExplainReport> {
  const { request } = ctx;
  const asked = isPreflight(request) ? request.headers.get("access-control-request-method") : undefined;
  const entered = enter(ctx, snapshot);
  const route = snapshot.routes.find(({ info }) => info === ctx.route);
  const isOwn = asked !== undefined && !isMatch(snapshot, ctx, route);
  const common = {
    request: requestOf(ctx),
    candidates: await candidatesOf(
      isOwn ? { ...request, method: asked, headers: request.headers } : request,
      snapshot.routes,
      route,
      (config) => placeText(places.placeOf(config)),
    ),
    ...(asked !== undefined && { preflightFor: asked }),
  };
  if (entered === "own") {
    const reason = "OPTIONS * and Max-Forwards: 0 ask the gateway itself";
    const nothing = { plugins: [], chain: [], undecided: [], timeouts: timeoutsOf(listen, undefined) };
    return { ...common, ...nothing, outcome: "answered", status: 204, reason };
  }
  const fault = entered instanceof GatewayError ? entered : undefined;
  if (route === undefined) return unmatched(ctx, snapshot, listen, places, common);
  return matched(ctx, route, { snapshot, listen, places, fault, common });
}

type Common = Pick<ExplainReport, "request" | "candidates" | "preflightFor">;

interface Around {
  readonly snapshot: Snapshot;
  readonly listen: ListenConfig;
  readonly places: Places;
  /** Why the request ends before the first plugin. */
  readonly fault: GatewayError | undefined;
  readonly common: Common;
}

function enter(ctx: Context, snapshot: Snapshot): GatewayError | "own" | undefined {
  const { request } = ctx;
  if (request.method === "OPTIONS" && (request.path === "*" || isLastForward(request.headers))) return "own";
  try {
    enterRoute(ctx, snapshot);
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

/** Whether that route takes the request as it is: a preflight may have the route of the request it asks about. */
function isMatch({ router }: Snapshot, { request }: Context, route: CompiledRoute | undefined): boolean {
  const routed = router.match(request);
  return (routed?.kind === "match" ? routed.value : undefined) === route;
}

function requestOf(ctx: Context): ExplainReport["request"] {
  const { method, scheme, host, path, query, peer, body } = ctx.request;
  return { method, scheme, host, path, query, client: peer.clientAddress, bodyBytes: body.length };
}

async function unmatched(
  ctx: Context,
  { router, unmatchedPlugins }: Snapshot,
  listen: ListenConfig,
  places: Places,
  common: Common,
): Promise<ExplainReport> {
  const outer = ["request", "response", "log"];
  const global = unmatchedPlugins.map((plugin) => {
    const phases = plugin.phases.filter((phase) => outer.includes(phase));
    return { ...plugin, phases, explain: phases.includes("request") ? plugin.explain : undefined };
  });
  const { end, ...chain } = await explainChain(
    ctx,
    global.filter(({ phases }) => phases.length > 0),
    places,
  );
  const rest = { ...common, ...chain, timeouts: timeoutsOf(listen, undefined) };
  if (end !== undefined) return { ...rest, ...outcomeOf(end) };
  const routed = router.match(ctx.request);
  if (routed?.kind !== "method-not-allowed")
    return { ...rest, outcome: "not-found", status: 404, reason: "no route takes it" };
  const reason = `its path has routes, for ${routed.allow.join(", ")} alone`;
  return { ...rest, outcome: "method-not-allowed", status: 405, reason, allow: routed.allow };
}

async function matched(
  ctx: Context,
  route: CompiledRoute,
  { snapshot, listen, places, fault, common }: Around,
): Promise<ExplainReport> {
  const { info, config } = route;
  const choice = route.split.explain(ctx);
  const shares = route.split.shares();
  // By lot: the way that most requests go.
  const index = choice.index ?? shares.indexOf(Math.max(...shares));
  const { service: name } = route.split.variants[index] ?? {};
  const service = name === undefined ? undefined : snapshot.services.get(name);
  ctx.service = name;
  // The path is rewritten before the first plugin runs.
  const upstream = service === undefined ? undefined : rewritten(ctx, service, config, places);
  const { end, ...chain } = await explainChain(ctx, (route.ways[index] as Way).plugins, places);
  const retry = chain.plugins.find((plugin) => plugin.name === "retry")?.explanation;
  const rest = {
    ...common,
    route: { ...info, place: placeText(places.placeOf(config)), params: ctx.params },
    split: splitOf(route, choice, shares, index),
    ...chain,
    timeouts: timeoutsOf(listen, service),
    ...(upstream !== undefined && !(upstream instanceof GatewayError) && { upstream }),
    ...(service !== undefined && {
      retry: { plugin: retry !== undefined, reason: retry?.reason ?? coreRetry(ctx.request) },
    }),
  };
  const early = fault ?? (upstream instanceof GatewayError ? upstream : undefined);
  if (early !== undefined) return { ...rest, outcome: "refused", status: early.status, reason: early.message };
  if (end !== undefined) return { ...rest, ...outcomeOf(end) };
  if (name === undefined) return { ...rest, outcome: "answered", reason: "the route has no service: a plugin answers" };
  return { ...rest, outcome: "forwarded", reason: `the service ${name} answers${conditionOf(chain.undecided)}` };
}

function conditionOf(undecided: readonly string[]): string {
  return undecided.length === 0 ? "" : `, unless ${undecided.join(" or ")} refuses it`;
}

/** What the service gets, or why the path cannot be rewritten. */
function rewritten(ctx: Context, service: Service, route: RouteConfig, places: Places): UpstreamReport | GatewayError {
  try {
    return upstreamOf(ctx, service, route, places);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

function outcomeOf({ plugin, explanation }: NonNullable<ExplainedChain["end"]>) {
  const { verdict, status, reason } = explanation;
  const outcome = verdict === "answers" ? ("answered" as const) : ("refused" as const);
  return { outcome, ...(status !== undefined && { status }), reason: `${plugin}: ${reason}` };
}

function splitOf(
  { split: { variants } }: CompiledRoute,
  { by, index: decided }: Choice,
  shares: readonly number[],
  index: number,
): NonNullable<ExplainReport["split"]> {
  return {
    by,
    services: variants.map(({ service }, i) => ({
      service,
      share: shares[i] ?? 0,
      isChosen: (decided ?? index) === i,
    })),
  };
}
