import type { PluginDescription } from "./plugin-lookup.ts";
import type { PluginMapConfig } from "./schema-plugins.ts";

/** Where a route's plugin is configured. */
export type PluginOrigin = "global" | "service" | "route";

/** A plugin as it works on a route. */
export interface EffectivePlugin<P extends PluginDescription> {
  readonly name: string;
  readonly plugin: P;
  /** Decoded by the plugin's own schema; frozen once the configuration is loaded. */
  readonly options: unknown;
  readonly origin: PluginOrigin;
}

/** The parts of a configuration that decide which plugins a route has. */
export interface PluginLevels {
  readonly plugins: PluginMapConfig;
  readonly services: Readonly<Record<string, { readonly plugins: PluginMapConfig }>>;
}

interface PluginRoute {
  readonly service?: string | undefined;
  readonly plugins: PluginMapConfig;
}

/**
 * The plugins of a route in their order: the global ones, its service's, its own. A later entry of the same name
 * replaces the earlier one in its place, `false` removes it. Without a route: the global ones. `service` is for routes
 * with several weighted services, of which each has plugins of its own.
 */
export function effectivePlugins<P extends PluginDescription>(
  config: PluginLevels,
  route: PluginRoute | undefined,
  plugins: ReadonlyMap<string, P>,
  service: string | undefined = route?.service,
): readonly EffectivePlugin<P>[] {
  const chosen = new Map<string, EffectivePlugin<P>>();
  const add = (level: PluginMapConfig, origin: PluginOrigin) => {
    for (const [name, options] of Object.entries(level)) {
      const plugin = plugins.get(name);
      if (options === false || plugin === undefined) chosen.delete(name);
      else chosen.set(name, { name, plugin, options, origin });
    }
  };
  add(config.plugins, "global");
  if (route === undefined) return [...chosen.values()];
  if (service !== undefined) add(config.services[service]?.plugins ?? {}, "service");
  add(route.plugins, "route");
  return [...chosen.values()];
}
