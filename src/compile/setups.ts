import { type EffectivePlugin, effectivePlugins } from "../config/effective.ts";
import { LATE, within } from "../config/patience.ts";
import type { Config, RouteConfig } from "../config/schema.ts";
import type { RouteInfo } from "../context.ts";
import type { Awaitable, Phases, Plugin } from "../plugin.ts";
import { createScope, type ScopeBase } from "../scope.ts";
import { SetupError, type SetupFault } from "../setup-error.ts";
import { atWork, type PluginAtWork } from "../way.ts";
import { siteOf } from "./site.ts";

/** For all plugins together to be set up, in ms: a start, or a reload, must not wait for good. */
const SETUP_MS = 30_000;
/** For all of them to close, in ms. */
const CLOSE_MS = 2_000;

/** The plugins of one place, set up. */
export interface PlacedPlugins {
  readonly phases: readonly Phases[];
  readonly plugins: readonly PluginAtWork[];
  readonly answersPreflights: boolean;
}

interface Closer {
  readonly plugin: string;
  readonly close: NonNullable<Phases["close"]>;
}

/** Sets up the plugins of one configuration, place by place, and closes them all. */
export class PluginSetups {
  readonly #config: Config;
  readonly #known: ReadonlyMap<string, Plugin>;
  readonly #scope: ScopeBase;
  readonly #addLimiter: (service: string, limiter: NonNullable<Phases["limiter"]>) => void;
  readonly #deadline: number;
  readonly #closers: Closer[] = [];
  /** By their options, which several routes may share. */
  readonly #faults = new Map<unknown, SetupFault>();

  constructor(
    config: Config,
    known: ReadonlyMap<string, Plugin>,
    scope: ScopeBase,
    addLimiter: (service: string, limiter: NonNullable<Phases["limiter"]>) => void,
    setupMs = SETUP_MS,
  ) {
    this.#deadline = performance.now() + setupMs;
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

  /** Never rejects, and waits for none longer than 2 s. */
  async close(): Promise<void> {
    await Promise.all(this.#closers.map((one) => this.#closeOne(one)));
  }

  async #closeOne({ plugin, close }: Closer): Promise<void> {
    const { log } = this.#scope.lasting;
    const fields = { plugin };
    try {
      const end = await within((async () => close())(), CLOSE_MS);
      if (end === LATE) log.warn("a plugin does not close: it is not waited for", fields);
    } catch (error) {
      log.warn("a plugin failed as it was closed", { ...fields, error });
    }
  }

  async #setUp(
    plugins: readonly EffectivePlugin<Plugin>[],
    route: RouteInfo | undefined,
    service: string | undefined,
  ): Promise<Phases[]> {
    const all: Phases[] = [];
    for (const { name, plugin, options, origin } of plugins) {
      try {
        const scope = createScope(
          { key: name, name: plugin.name },
          route,
          service,
          siteOf(origin, route, service),
          this.#scope,
        );
        const phases = await this.#inTime(plugin.setup(options as never, scope));
        if (phases.close !== undefined) this.#closers.push({ plugin: name, close: phases.close });
        if (phases.limiter !== undefined && service !== undefined) this.#addLimiter(service, phases.limiter);
        all.push(phases);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        this.#faults.set(options, { options, message: `plugin ${name}: ${reason}` });
      }
    }
    return all;
  }

  async #inTime(pending: Awaitable<Phases>): Promise<Phases> {
    if (!(pending instanceof Promise)) return pending;
    const phases = await within(pending, Math.max(this.#deadline - performance.now(), 0));
    if (phases !== LATE) return phases;
    forsake(pending);
    throw new Error("it was not set up in time: its setup still waits for something");
  }
}

/** Nobody waits any more for an instance: it is closed when it is there. */
function forsake(pending: Promise<Phases>): void {
  pending.then((phases) => phases.close?.()).catch(() => {});
}

function hasPreflights({ plugin }: EffectivePlugin<Plugin>): boolean {
  return plugin.preflights === true;
}
