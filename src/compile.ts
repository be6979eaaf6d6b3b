import { createPluginApps, type PluginApps } from "./admin/plugin-apps.ts";
import { CompiledServices } from "./compile/services.ts";
import { type PlacedPlugins, PluginSetups } from "./compile/setups.ts";
import { Breathing } from "./config/breathing.ts";
import type { Config, RouteConfig } from "./config/schema.ts";
import type { Context, RouteInfo } from "./context.ts";
import { deprecationPhases } from "./deprecation.ts";
import { Explanations } from "./explain/explanations.ts";
import { LiveExplain } from "./explain/live.ts";
import { Signatures } from "./explain/signature.ts";
import { admitUpgrade } from "./http1/upgrade.ts";
import { RequestRecorder } from "./observe/metrics/requests.ts";
import { driftOf } from "./openapi/drift.ts";
import { knownOperations } from "./openapi/known-operations.ts";
import { createOwnPages } from "./openapi/own-pages.ts";
import { describeRoutes } from "./openapi/policy/route-policy.ts";
import { REFUSED_FROM } from "./overload/priority.ts";
import { composePipeline, type Destination, type Pipeline } from "./pipeline.ts";
import type { Phases, Plugin } from "./plugin.ts";
import { noService, refuseUnmatched } from "./refuse.ts";
import { compileRewrite } from "./routing/rewrite.ts";
import { routeNameOf } from "./routing/route-name.ts";
import { buildRouter } from "./routing/router.ts";
import type { Lasting } from "./scope.ts";
import type { CompiledRoute, OwnWay, Snapshot } from "./snapshot.ts";
import { openTracing } from "./trace/open.ts";
import type { Tracing } from "./trace/tracing.ts";
import { createSplit, type Split } from "./traffic/split.ts";
import { type NamedPhases, recordedDestination, recordedPhases } from "./trail/recorded.ts";
import { boundedBy, leaveBulkheads } from "./upstream/max-requests.ts";
import { type Service, sendToSelected } from "./upstream/service.ts";
import type { Way } from "./way.ts";

/** A valid configuration with the plugins that it names. */
export interface CompileInput {
  readonly config: Config;
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** Folder of the configuration file. */
  readonly directory: string;
  /** It is only looked at: the signal of its plugins is aborted from the beginning, so that they ask nobody by themselves. */
  readonly isForShow?: boolean;
  /** Ms for all plugins together to be set up; 30 s unless told. */
  readonly setupMs?: number;
}

/** Makes a snapshot of a configuration, with the services of the one before, which it changes only as it takes effect. Throws SetupError. */
export async function compile(input: CompileInput, lasting: Lasting, before?: Snapshot): Promise<Snapshot> {
  const tracing = input.isForShow === true ? undefined : await openTracing(input.config.telemetry, lasting);
  return new Compiler(input, lasting, tracing).run(before?.services ?? new Map());
}

class Compiler {
  readonly #input: CompileInput;
  readonly #lasting: Lasting;
  readonly #apps: PluginApps;
  readonly #abort = new AbortController();
  readonly #services: CompiledServices;
  readonly #setups: PluginSetups;
  readonly #tracing: Tracing | undefined;
  readonly #send: typeof sendToSelected;

  constructor(input: CompileInput, lasting: Lasting, tracing: Tracing | undefined) {
    this.#input = input;
    this.#lasting = lasting;
    this.#tracing = tracing;
    this.#send = tracing?.send(sendToSelected) ?? sendToSelected;
    this.#apps = createPluginApps(lasting.log);
    if (input.isForShow === true) this.#abort.abort();
    const services = new CompiledServices(lasting, this.#send);
    this.#services = services;
    const scope = {
      directory: input.directory,
      signal: this.#abort.signal,
      lasting,
      cacheBytes: input.config.cache.memory,
      toService: (name: string) => services.sender(name),
      adminOf: this.#apps.of,
    };
    const addLimiter: ConstructorParameters<typeof PluginSetups>[3] = (name, limiter) =>
      services.addLimiter(name, limiter);
    this.#setups = new PluginSetups(input.config, input.plugins, scope, addLimiter, input.setupMs);
  }

  /** Nothing of the snapshot before is kept but the services: it would never be forgotten. */
  async run(known: ReadonlyMap<string, Service>): Promise<Snapshot> {
    try {
      return await this.#compile(known);
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async #compile(known: ReadonlyMap<string, Service>): Promise<Snapshot> {
    const { config } = this.#input;
    const services = this.#services;
    services.add(config, known);
    const routes: CompiledRoute[] = [];
    const breathing = new Breathing();
    for (const route of config.routes) {
      routes.push(await this.#route(route));
      await breathing.step();
    }
    const outer = await this.#outer();
    this.#setups.check();
    const snapshot: Snapshot = {
      config,
      routes,
      router: buildRouter(routes.map((route) => ({ ...route.config, value: route }))),
      services: services.all,
      watches: services.watches,
      limiters: services.limiters,
      unmatched: this.#outside(outer, refuseUnmatched),
      unmatchedPlugins: outer.plugins,
      own: this.#own(outer),
      pluginApps: this.#apps,
      live: this.#live(() => snapshot),
      signal: this.#abort.signal,
      takeEffect: () => services.takeEffect(),
      close: () => this.#close(),
    };
    return snapshot;
  }

  /** Who follows the requests that are signed for it. */
  #live(snapshot: () => Snapshot): Snapshot["live"] {
    const { secret = "" } = this.#input.config.explain;
    if (secret === "") return undefined;
    const { log, now, state } = this.#lasting;
    const explanations = state("explain:latest", () => new Explanations());
    const used = state("explain:used", () => new Map<string, number>());
    return new LiveExplain({ signatures: new Signatures(secret, used), explanations, log, now, snapshot });
  }

  /**
   * A way; where requests may ask to be explained it can be had with a record, made when the first one asks. Without
   * telemetry nothing is put around anything.
   */
  #composed(plugins: readonly NamedPhases[], end: Destination): Pipeline {
    const { explain, errors } = this.#input.config;
    const named = this.#tracing === undefined ? plugins : plugins.map(this.#tracing.plugin);
    const destination = this.#tracing?.around(end) ?? end;
    const phases = named.map((one) => one.phases);
    const pipeline = composePipeline(phases, destination, errors.format);
    if ((explain.secret ?? "") === "") return pipeline;
    let recorded: Pipeline | undefined;
    return {
      ...pipeline,
      recorded: () => {
        recorded ??= composePipeline(named.map(recordedPhases), recordedDestination(destination), errors.format);
        return recorded;
      },
    };
  }

  async #route(config: RouteConfig): Promise<CompiledRoute> {
    const info = { name: routeNameOf(config), path: config.path };
    const split = createSplit(config, info.name, this.#lasting);
    const ways: Way[] = [];
    for (const [index, { service }] of split.variants.entries()) {
      ways.push(await this.#way(info, config, service, split, index));
    }
    const [first] = ways;
    if (first === undefined) throw new Error(`route ${info.name} leads nowhere`);
    const { choose } = split;
    const next = ways.length === 1 ? () => first.pipeline : (ctx: Context) => (ways[choose(ctx)] ?? first).pipeline;
    const plugins = first.plugins.map(({ name, phases }) => ({ name, phases }));
    return { info, config, split, ways, plugins, next };
  }

  async #way(
    info: RouteInfo,
    config: RouteConfig,
    serviceName: string | undefined,
    split: Split,
    index: number,
  ): Promise<Way> {
    const { phases, plugins, answersPreflights } = await this.#setups.at(config, info, serviceName);
    const service = serviceName === undefined ? undefined : this.#services.all.get(serviceName);
    const bulkhead = service === undefined ? undefined : this.#services.bulkheadOf(service.name);
    const common = {
      prepare: preparing(config, serviceName, service),
      finish: this.#finishing(info, split, index),
      answersPreflights,
      refusedFrom: REFUSED_FROM[config.priority ?? "normal"],
    };
    const destination: Destination =
      service === undefined
        ? { ...common, select: noService, send: noService }
        : { ...common, select: this.#services.selector(service, phases), send: this.#send };
    const named = [
      ...core("max-requests", bulkhead && boundedBy(bulkhead)),
      ...plugins.map(({ name }, i) => ({ name, phases: phases[i] ?? {} })),
      ...core("sticky", split.phases),
      ...core("deprecated", deprecationPhases(config.deprecated)),
    ];
    return { pipeline: this.#composed(named, destination), plugins };
  }

  #finishing(info: RouteInfo, { observe }: Split, index: number): NonNullable<Destination["finish"]> {
    const record = this.#recorder(info.name);
    return (ctx, outcome) => {
      leaveBulkheads(ctx);
      record(ctx, outcome);
      observe?.(index, outcome);
    };
  }

  /** Around a 404 or 405, and around the gateway's own pages, only the global plugins' request, response and log phases run. */
  async #outer(): Promise<PlacedPlugins> {
    const global = await this.#setups.at(undefined, undefined, undefined);
    return { ...global, phases: global.phases.map(outerPhases) };
  }

  #outside({ phases, plugins, answersPreflights }: PlacedPlugins, send: Destination["send"]): Pipeline {
    const destination = { select: () => {}, send, finish: this.#recorder(""), answersPreflights };
    return this.#composed(
      plugins.map(({ name }, i) => ({ name, phases: phases[i] ?? {} })),
      destination,
    );
  }

  /** What `openapi:` publishes. */
  #own(outer: PlacedPlugins): OwnWay | undefined {
    const { config, plugins } = this.#input;
    const { openapi } = config;
    if (openapi === undefined || openapi === false) return undefined;
    const { log, store, now } = this.#lasting;
    const services = this.#services;
    const askOf = (name: string) => {
      const service = services.all.get(name);
      return { send: services.sender(name), targetCount: () => service?.targets.length ?? 0 };
    };
    const common = { openapi, config, policies: describeRoutes(config, plugins), askOf };
    const operations = knownOperations(this.#lasting);
    operations.keep(new Set(services.all.keys()));
    const options = { ...common, operations, drift: driftOf(this.#lasting), store: store.of("openapi"), log, now };
    const { paths, answer, documents } = createOwnPages(options);
    return { paths, pipeline: this.#outside(outer, answer), documents };
  }

  /** Counts the requests of a route. */
  #recorder(route: string): NonNullable<Destination["finish"]> {
    const recorder = new RequestRecorder(this.#lasting.metrics, route);
    return (ctx, outcome) => recorder.record(ctx, outcome);
  }

  async #close(): Promise<void> {
    this.#abort.abort();
    await this.#setups.close();
    await this.#tracing?.release();
  }
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

function outerPhases({ request, response, log }: Phases): Phases {
  return {
    ...(request === undefined ? {} : { request }),
    ...(response === undefined ? {} : { response }),
    ...(log === undefined ? {} : { log }),
  };
}
