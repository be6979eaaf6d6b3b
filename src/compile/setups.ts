import { type EffectivePlugin, effectivePlugins } from "../config/effective.ts";
import type { Config, RouteConfig } from "../config/schema.ts";
import type { RouteInfo } from "../context.ts";
import { siteOf } from "../naming.ts";
import type { Phases, Plugin } from "../plugin.ts";
import { createScope, type ScopeBase } from "../scope.ts";
import { SetupError, type SetupFault } from "../setup-error.ts";
import { atWork, type PluginAtWork } from "../way.ts";

/** The plugins of one place, set up. */
export interface PlacedPlugins {
  readonly phases: readonly Phases[];
  readonly plugins: readonly PluginAtWork[];
  readonly answersPreflights: boolean;
}

/** Sets up the plugins of one configuration, place by place, and closes them all. */
export class PluginSetups {
  readonly #config: Config;
  readonly #known: ReadonlyMap<string, Plugin>;
  readonly #scope: ScopeBase;
  readonly #addLimiter: (service: string, limiter: NonNullable<Phases["limiter"]>) => void;
  readonly #closers: NonNullable<Phases["close"]>[] = [];
  /** By their options, which several routes may share. */
  readonly #faults = new Map<unknown, SetupFault>();

  constructor(
    config: Config,
    known: ReadonlyMap<string, Plugin>,
    scope: ScopeBase,
    addLimiter: (service: string, limiter: NonNullable<Phases["limiter"]>) => void,
  ) {
    this.#config = config;
    this.#known = known;
    this.#scope = scope;
    this.#addLimiter = addLimiter;
  }

  /** Those of a route on the way to a service; without a route, the global ones. What they refuse is kept for `check`. */
  async at(
    route: RouteConfig | undefined,
    info: RouteInfo | undefined,
    service: string | undefined,
  ): Promise<PlacedPlugins> {
    const effective = effectivePlugins(this.#config, route, this.#known, service);
    const phases = await this.#setUp(effective, info, service);
    return { phases, plugins: atWork(effective, phases), answersPreflights: effective.some(hasPreflights) };
  }

  /** Throws SetupError with all that was refused. */
  check(): void {
    if (this.#faults.size > 0) throw new SetupError([...this.#faults.values()]);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#closers.map(async (close) => close()));
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
}

function hasPreflights({ plugin }: EffectivePlugin<Plugin>): boolean {
  return plugin.preflights === true;
}
