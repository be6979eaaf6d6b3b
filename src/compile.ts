import { createPluginApps, type PluginApps } from "./admin/plugin-apps.ts";
import { Composer } from "./compile/composer.ts";
import { createLiveExplain } from "./compile/live-explain.ts";
import { compileRoute } from "./compile/routes.ts";
import { CompiledServices } from "./compile/services.ts";
import { PluginSetups } from "./compile/setups.ts";
import { compileOwnWay, outerPipeline, setUpOuter } from "./compile/unrouted.ts";
import { Breathing } from "./config/breathing.ts";
import type { Config } from "./config/schema.ts";
import type { Plugin } from "./plugin.ts";
import { refuseUnmatched } from "./refuse.ts";
import { buildRouter } from "./routing/router.ts";
import type { Lasting } from "./scope.ts";
import type { CompiledRoute, Snapshot } from "./snapshot.ts";
import { openTracing } from "./trace/open.ts";
import type { Tracing } from "./trace/tracing.ts";
import { type Service, sendToSelected } from "./upstream/service.ts";

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

/** What one snapshot is made of, and is closed with it. */
class Compiler {
  readonly #input: CompileInput;
  readonly #lasting: Lasting;
  readonly #apps: PluginApps;
  readonly #abort = new AbortController();
  readonly #services: CompiledServices;
  readonly #setups: PluginSetups;
  readonly #tracing: Tracing | undefined;
  readonly #composer: Composer;

  constructor(input: CompileInput, lasting: Lasting, tracing: Tracing | undefined) {
    const { config, plugins, directory, setupMs } = input;
    this.#input = input;
    this.#lasting = lasting;
    this.#tracing = tracing;
    this.#composer = new Composer(config, tracing);
    this.#apps = createPluginApps(lasting.log);
    if (input.isForShow === true) this.#abort.abort();
    const services = new CompiledServices(lasting, tracing?.send(sendToSelected) ?? sendToSelected);
    this.#services = services;
    const scope = {
      directory,
      signal: this.#abort.signal,
      lasting,
      cacheBytes: config.cache.memory,
      toService: (name: string) => services.sender(name),
      adminOf: this.#apps.of,
    };
    const addLimiter: ConstructorParameters<typeof PluginSetups>[3] = (name, limiter) =>
      services.addLimiter(name, limiter);
    this.#setups = new PluginSetups(config, plugins, scope, addLimiter, setupMs);
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
    const { config, plugins } = this.#input;
    const services = this.#services;
    const parts = { lasting: this.#lasting, services, setups: this.#setups, composer: this.#composer };
    services.add(config, known);
    const routes: CompiledRoute[] = [];
    const breathing = new Breathing();
    for (const route of config.routes) {
      routes.push(await compileRoute(parts, route));
      await breathing.step();
    }
    const outer = await setUpOuter(this.#setups);
    this.#setups.check();
    const snapshot: Snapshot = {
      config,
      routes,
      router: buildRouter(routes.map((route) => ({ ...route.config, value: route }))),
      services: services.all,
      watches: services.watches,
      limiters: services.limiters,
      unmatched: outerPipeline(parts, outer, refuseUnmatched),
      unmatchedPlugins: outer.plugins,
      own: compileOwnWay(parts, config, plugins, outer),
      pluginApps: this.#apps,
      live: createLiveExplain(config.explain, this.#lasting, () => snapshot),
      signal: this.#abort.signal,
      takeEffect: () => services.takeEffect(),
      close: () => this.#close(),
    };
    return snapshot;
  }

  async #close(): Promise<void> {
    this.#abort.abort();
    await this.#setups.close();
    await this.#tracing?.release();
  }
}
