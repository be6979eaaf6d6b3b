import { createPluginApps, type PluginApps } from "./admin/plugin-apps.ts";
import { type EffectivePlugin, effectivePlugins } from "./config/effective.ts";
import type { Config, RouteConfig, ServiceConfig } from "./config/schema.ts";
import type { Context, RouteInfo } from "./context.ts";
import { deprecationPhases } from "./deprecation.ts";
import { admitUpgrade } from "./http1/upgrade.ts";
import { awaitable } from "./message/pending.ts";
import { siteOf } from "./naming.ts";
import type { TargetWatch } from "./observe/circuit.ts";
import { RequestRecorder } from "./observe/metrics/requests.ts";
import { knownOperations } from "./openapi/known-operations.ts";
import { createOwnPages } from "./openapi/own-pages.ts";
import { describeRoutes } from "./openapi/route-policy.ts";
import { REFUSED_FROM } from "./overload/priority.ts";
import { composePipeline, type Destination, type Pipeline } from "./pipeline.ts";
import type { Handler, Phases, Plugin } from "./plugin.ts";
import { noService, refuseUnmatched } from "./refuse.ts";
import { compileRewrite } from "./routing/rewrite.ts";
import { routeNameOf } from "./routing/route-name.ts";
import { buildRouter } from "./routing/router.ts";
import { createScope, type Lasting, type ScopeBase } from "./scope.ts";
import { SetupError, type SetupFault } from "./setup-error.ts";
import type { CompiledRoute, OwnWay, Snapshot } from "./snapshot.ts";
import { createSplit, type Split } from "./traffic/split.ts";
import { type Bulkhead, boundedBy, bulkheadOf, leaveBulkheads } from "./upstream/max-requests.ts";
import { prepareChange } from "./upstream/reconfigure.ts";
import { createService, type Service, selectTarget, sendToSelected } from "./upstream/service.ts";
import { atWork, type PluginAtWork, type Way } from "./way.ts";

/** A valid configuration with the plugins that it names. */
export interface CompileInput {
  readonly config: Config;
  readonly plugins: ReadonlyMap<string, Plugin>;
  /** Folder of the configuration file. */
  readonly directory: string;
  /** It is only looked at: the signal of its plugins is aborted from the beginning, so that they ask nobody by themselves. */
  readonly isForShow?: boolean;
}

/** Makes a snapshot of a configuration, with the services of the one before, which it changes only as it takes effect. Throws SetupError. */
export async function compile(input: CompileInput, lasting: Lasting, before?: Snapshot): Promise<Snapshot> {
  return new Compiler(input, lasting).run(before?.services ?? new Map());
}

class Compiler {
  readonly #input: CompileInput;
  readonly #scope: ScopeBase;
  readonly #apps: PluginApps;
  readonly #abort = new AbortController();
  readonly #closers: NonNullable<Phases["close"]>[] = [];
  readonly #services = new Map<string, Service>();
  readonly #bulkheads = new Map<string, Bulkhead>();
  readonly #changes: (() => void)[] = [];
  readonly #watches = new Map<string, Set<TargetWatch>>();
  readonly #limiters = new Map<string, NonNullable<Phases["limiter"]>[]>();
  /** By their options, which several routes may share. */
  readonly #faults = new Map<unknown, SetupFault>();

  constructor(input: CompileInput, lasting: Lasting) {
    this.#input = input;
    this.#apps = createPluginApps(lasting.log);
    const { directory } = input;
    if (input.isForShow === true) this.#abort.abort();
    const toService = (name: string) => this.#toService(name);
    const cacheBytes = input.config.cache.memory;
    this.#scope = { directory, signal: this.#abort.signal, lasting, cacheBytes, toService, adminOf: this.#apps.of };
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
    for (const [name, service] of Object.entries(config.services)) {
      this.#services.set(name, this.#service(known.get(name), name, service));
      this.#addBulkhead(name, service);
    }
    const routes: CompiledRoute[] = [];
    for (const route of config.routes) routes.push(await this.#route(route));
    const outer = await this.#outer();
    if (this.#faults.size > 0) throw new SetupError([...this.#faults.values()]);
    return {
      config,
      routes,
      router: buildRouter(routes.map((route) => ({ ...route.config, value: route }))),
      services: this.#services,
      watches: this.#watches,
      limiters: this.#limiters,
      unmatched: this.#outside(outer, refuseUnmatched),
      unmatchedPlugins: outer.plugins,
      own: this.#own(outer),
      pluginApps: this.#apps,
      signal: this.#abort.signal,
      takeEffect: () => {
        for (const change of this.#changes.splice(0)) change();
      },
      close: () => this.#close(),
    };
  }

  /** The one that there is already, or a new one. */
  #service(known: Service | undefined, name: string, config: ServiceConfig): Service {
    const { lasting } = this.#scope;
    if (known === undefined) return createService(name, config, lasting);
    this.#changes.push(prepareChange(known, config, lasting.log));
    return known;
  }

  async #route(config: RouteConfig): Promise<CompiledRoute> {
    const info = { name: routeNameOf(config), path: config.path };
    const split = createSplit(config, info.name, this.#scope.lasting);
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
    const effective = this.#effective(config, serviceName);
    const phases = await this.#setUp(effective, info, serviceName);
    const core = [split.phases, deprecationPhases(config.deprecated)].filter((one) => one !== undefined);
    const service = serviceName === undefined ? undefined : this.#services.get(serviceName);
    const bulkhead = service === undefined ? undefined : this.#bulkheads.get(service.name);
    const rewrite = compileRewrite(config);
    const upgrades = new Set(config.upgrade?.map((protocol) => protocol.toLowerCase()));
    const prepare = (ctx: Context) => {
      if (ctx.upgrade !== undefined) admitUpgrade(ctx, upgrades);
      ctx.service = serviceName;
      service?.deadline?.accept(ctx);
      if (rewrite !== undefined) ctx.upstreamPath = rewrite(ctx.request.path, ctx.params);
    };
    const record = this.#recorder(info.name);
    const { observe } = split;
    const finish: typeof record = (ctx, outcome) => {
      leaveBulkheads(ctx);
      record(ctx, outcome);
      observe?.(index, outcome);
    };
    const common = {
      prepare,
      finish,
      answersPreflights: effective.some(hasPreflights),
      refusedFrom: REFUSED_FROM[config.priority ?? "normal"],
    };
    const destination: Destination =
      service === undefined
        ? { ...common, select: noService, send: noService }
        : { ...common, select: this.#select(service, phases), send: sendToSelected };
    return {
      pipeline: composePipeline(
        [...(bulkhead === undefined ? [] : [boundedBy(bulkhead)]), ...phases, ...core],
        destination,
        this.#input.config.errors.format,
      ),
      plugins: atWork(effective, phases),
    };
  }

  /** Chooses targets, without those that plugins would avoid while there are others. */
  #select(service: Service, phases: readonly Phases[]): Destination["select"] {
    const watches = phases.flatMap(({ watch }) => watch ?? []);
    const [first, ...others] = watches;
    if (first === undefined) return (ctx) => selectTarget(service, ctx);
    const known = this.#watches.get(service.name) ?? new Set();
    this.#watches.set(service.name, known);
    for (const watch of watches) known.add(watch);
    if (others.length === 0) return (ctx) => selectTarget(service, ctx, first.avoided());
    return (ctx) => selectTarget(service, ctx, new Set(watches.flatMap((watch) => [...watch.avoided()])));
  }

  #toService(name: string): Handler {
    const service = this.#services.get(name);
    if (service === undefined) throw new Error(`there is no service ${JSON.stringify(name)}`);
    const bulkhead = this.#bulkheads.get(name);
    return (ctx) => {
      // Of a copy nobody here knows when it ends: who sends copies bounds them.
      if (!ctx.isDetached) bulkhead?.enter(ctx);
      selectTarget(service, ctx);
      return awaitable(sendToSelected(ctx));
    };
  }

  /** Around a 404 or 405, and around the gateway's own pages, only the global plugins' request, response and log phases run. */
  async #outer(): Promise<Outer> {
    const effective = this.#effective(undefined, undefined);
    const phases = await this.#setUp(effective, undefined, undefined);
    const outer = phases.map(({ request, response, log }) => ({
      ...(request === undefined ? {} : { request }),
      ...(response === undefined ? {} : { response }),
      ...(log === undefined ? {} : { log }),
    }));
    return { phases: outer, plugins: atWork(effective, phases), answersPreflights: effective.some(hasPreflights) };
  }

  #outside({ phases, answersPreflights }: Outer, send: Destination["send"]): Pipeline {
    const destination = { select: () => {}, send, finish: this.#recorder(""), answersPreflights };
    return composePipeline(phases, destination, this.#input.config.errors.format);
  }

  /** What `openapi:` publishes. */
  #own(outer: Outer): OwnWay | undefined {
    const { config, plugins } = this.#input;
    const { openapi } = config;
    if (openapi === undefined || openapi === false) return undefined;
    const { log, store, now } = this.#scope.lasting;
    const askOf = (name: string) => {
      const service = this.#services.get(name);
      return { send: this.#toService(name), targetCount: () => service?.targets.length ?? 0 };
    };
    const common = { openapi, config, policies: describeRoutes(config, plugins), askOf };
    const operations = knownOperations(this.#scope.lasting);
    operations.keep(new Set(this.#services.keys()));
    const options = { ...common, operations, store: store.of("openapi"), log, now };
    const { paths, answer, documents } = createOwnPages(options);
    return { paths, pipeline: this.#outside(outer, answer), documents };
  }

  /** Counts the requests of a route. */
  #recorder(route: string): NonNullable<Destination["finish"]> {
    const recorder = new RequestRecorder(this.#scope.lasting.metrics, route);
    return (ctx, outcome) => recorder.record(ctx.request.method, outcome);
  }

  #effective(route: RouteConfig | undefined, service: string | undefined): readonly EffectivePlugin<Plugin>[] {
    return effectivePlugins(this.#input.config, route, this.#input.plugins, service);
  }

  async #setUp(
    plugins: readonly EffectivePlugin<Plugin>[],
    route: RouteInfo | undefined,
    service: string | undefined,
  ): Promise<Phases[]> {
    const all: Phases[] = [];
    for (const { name, plugin, options, origin } of plugins) {
      try {
        const phases = await plugin.setup(
          options as never,
          createScope({ key: name, name: plugin.name }, route, service, siteOf(origin, route, service), this.#scope),
        );
        if (phases.close !== undefined) this.#closers.push(phases.close);
        if (phases.limiter !== undefined && service !== undefined) this.#addLimiter(service, phases.limiter);
        all.push(phases);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        this.#faults.set(options, { options, message: `plugin ${name}: ${reason}` });
      }
    }
    return all;
  }

  #addBulkhead(name: string, config: ServiceConfig): void {
    const bulkhead = bulkheadOf(name, config, this.#scope.lasting);
    if (bulkhead === undefined) return;
    this.#bulkheads.set(name, bulkhead);
    this.#addLimiter(name, bulkhead.report);
  }

  #addLimiter(service: string, limiter: NonNullable<Phases["limiter"]>): void {
    const known = this.#limiters.get(service);
    if (known === undefined) this.#limiters.set(service, [limiter]);
    else known.push(limiter);
  }

  async #close(): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#closers.map(async (close) => close()));
  }
}

/** What the global plugins do where there is no route. */
interface Outer {
  readonly phases: readonly Phases[];
  readonly plugins: readonly PluginAtWork[];
  readonly answersPreflights: boolean;
}

function hasPreflights({ plugin }: EffectivePlugin<Plugin>): boolean {
  return plugin.preflights === true;
}
