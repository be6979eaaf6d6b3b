import type { Config } from "../config/schema.ts";
import { RequestRecorder } from "../observe/metrics/requests.ts";
import { driftOf } from "../openapi/drift.ts";
import { knownOperations } from "../openapi/known-operations.ts";
import { createOwnPages } from "../openapi/own-pages.ts";
import { describeRoutes } from "../openapi/policy/route-policy.ts";
import { documentExchange } from "../openapi/sharing/exchange.ts";
import type { Destination, Pipeline } from "../pipeline.ts";
import type { Phases, Plugin } from "../plugin.ts";
import type { OwnWay } from "../snapshot.ts";
import { namedPhases } from "./composer.ts";
import type { RouteParts } from "./routes.ts";
import type { CompiledServices } from "./services.ts";
import type { PlacedPlugins, PluginSetups } from "./setups.ts";

/**
 * The global plugins around what no route takes: a 404 or 405, and the gateway's own pages. Only their request, response and
 * log phases run there.
 */
export async function setUpOuter(setups: PluginSetups): Promise<PlacedPlugins> {
  const global = await setups.at(undefined, undefined, undefined);
  return { ...global, phases: global.phases.map(outerPhases) };
}

function outerPhases({ request, response, log }: Phases): Phases {
  return {
    ...(request === undefined ? {} : { request }),
    ...(response === undefined ? {} : { response }),
    ...(log === undefined ? {} : { log }),
  };
}

/** The way of such requests to where they are answered. */
export function outerPipeline(
  { lasting, composer }: Pick<RouteParts, "lasting" | "composer">,
  { phases, plugins, answersPreflights }: PlacedPlugins,
  send: Destination["send"],
): Pipeline {
  const recorder = new RequestRecorder(lasting.metrics, "");
  const finish: Destination["finish"] = (ctx, outcome) => recorder.record(ctx, outcome);
  return composer.compose(namedPhases(plugins, phases), { select: () => {}, send, finish, answersPreflights });
}

/** What `openapi:` publishes. */
export function compileOwnWay(
  parts: Omit<RouteParts, "setups">,
  config: Config,
  plugins: ReadonlyMap<string, Plugin>,
  outer: PlacedPlugins,
): OwnWay | undefined {
  const { openapi } = config;
  if (openapi === undefined || openapi === false) return undefined;
  const { lasting, services } = parts;
  const { log, store, now } = lasting;
  const operations = knownOperations(lasting);
  operations.keep(new Set(services.all.keys()));
  const { paths, answer, documents } = createOwnPages({
    openapi,
    config,
    policies: describeRoutes(config, plugins),
    askOf: (name) => askerOf(services, name),
    operations,
    drift: driftOf(lasting),
    exchange: documentExchange(lasting),
    store: store.of("openapi"),
    log,
    now,
  });
  return { paths, pipeline: outerPipeline(parts, outer, answer), documents };
}

function askerOf(services: CompiledServices, name: string) {
  return { send: services.sender(name), targetCount: () => services.all.get(name)?.targets.length ?? 0 };
}
