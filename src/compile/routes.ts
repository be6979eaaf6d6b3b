import type { RouteConfig } from "../config/schema.ts";
import type { Context, RouteInfo } from "../context.ts";
import { admitUpgrade } from "../http1/upgrade.ts";
import { RequestRecorder } from "../observe/metrics/requests.ts";
import { REFUSED_FROM } from "../overload/priority.ts";
import type { Destination } from "../pipeline.ts";
import type { Phases } from "../plugin.ts";
import { noService } from "../refuse.ts";
import { compileRewrite } from "../routing/rewrite.ts";
import { routeNameOf } from "../routing/route-name.ts";
import type { Lasting } from "../scope.ts";
import type { CompiledRoute } from "../snapshot.ts";
import { createSplit, type Split } from "../traffic/split.ts";
import type { NamedPhases } from "../trail/recorded.ts";
import { boundedBy, leaveBulkheads } from "../upstream/max-requests.ts";
import type { Service } from "../upstream/service.ts";
import type { Way } from "../way.ts";
import { type Composer, namedPhases } from "./composer.ts";
import { deprecationPhases } from "./deprecation.ts";
import type { CompiledServices } from "./services.ts";
import type { PluginSetups } from "./setups.ts";

/** What routes are made of. */
export interface RouteParts {
  readonly lasting: Lasting;
  readonly services: CompiledServices;
  readonly setups: PluginSetups;
  readonly composer: Composer;
}

/** A route with a way to each of its services, its plugins set up. */
export async function compileRoute(parts: RouteParts, config: RouteConfig): Promise<CompiledRoute> {
  const info = { name: routeNameOf(config), path: config.path };
  const split = createSplit(config, info.name, parts.lasting);
  const ways: Way[] = [];
  for (const index of split.variants.keys()) ways.push(await wayTo(parts, config, info, split, index));
  const [first] = ways;
  if (first === undefined) throw new Error(`route ${info.name} leads nowhere`);
  const { choose } = split;
  const next = ways.length === 1 ? () => first.pipeline : (ctx: Context) => (ways[choose(ctx)] ?? first).pipeline;
  const plugins = first.plugins.map(({ name, phases }) => ({ name, phases }));
  return { info, config, split, ways, plugins, next };
}

/** The way to the service of one variant of the split, or to none, where a plugin answers. */
async function wayTo(
  { lasting, services, setups, composer }: RouteParts,
  config: RouteConfig,
  info: RouteInfo,
  split: Split,
  index: number,
): Promise<Way> {
  const serviceName = split.variants[index]?.service;
  const { phases, plugins, answersPreflights } = await setups.at(config, info, serviceName);
  const service = serviceName === undefined ? undefined : services.all.get(serviceName);
  const bulkhead = service === undefined ? undefined : services.bulkheadOf(service.name);
  const common = {
    prepare: preparing(config, serviceName, service),
    finish: finishing(new RequestRecorder(lasting.metrics, info.name), split, index),
    answersPreflights,
    refusedFrom: REFUSED_FROM[config.priority ?? "normal"],
  };
  const destination: Destination =
    service === undefined
      ? { ...common, select: noService, send: noService }
      : { ...common, select: services.selector(service, phases), send: services.send };
  const named = [
    ...core("max-requests", bulkhead && boundedBy(bulkhead)),
    ...namedPhases(plugins, phases),
    ...core("sticky", split.phases),
    ...core("deprecated", deprecationPhases(config.deprecated)),
  ];
  return { pipeline: composer.compose(named, destination), plugins };
}

/** What the gateway itself does in phases, under the name of what asks for it. */
function core(name: string, phases: Phases | undefined): readonly NamedPhases[] {
  return phases === undefined ? [] : [{ name, phases }];
}

/** What a request needs before the plugins see it. */
function preparing(
  config: RouteConfig,
  serviceName: string | undefined,
  service: Service | undefined,
): NonNullable<Destination["prepare"]> {
  const rewrite = compileRewrite(config);
  const upgrades = new Set(config.upgrade?.map((protocol) => protocol.toLowerCase()));
  return (ctx) => {
    if (ctx.upgrade !== undefined) admitUpgrade(ctx, upgrades);
    ctx.service = serviceName;
    service?.deadline?.accept(ctx);
    if (rewrite !== undefined) ctx.upstreamPath = rewrite(ctx.request.path, ctx.params);
  };
}

/** Who is told how a request has ended. */
function finishing(recorder: RequestRecorder, { observe }: Split, index: number): NonNullable<Destination["finish"]> {
  return (ctx, outcome) => {
    leaveBulkheads(ctx);
    recorder.record(ctx, outcome);
    observe?.(index, outcome);
  };
}
