import { conceal } from "./conceal.ts";
import { below, type KeyPath } from "./key-path.ts";
import { namedOption } from "./named-option.ts";
import { didYouMean } from "./nearest.ts";
import { type MapEntry, type Node, toNode } from "./node.ts";
import type { PluginDescription, PluginLookup } from "./plugin-lookup.ts";
import { type Problem, problemAt } from "./problem.ts";
import type { PluginMapConfig } from "./schema-plugins.ts";
import { validate } from "./validate.ts";

/** A map of plugins in a file, and where it is. */
export interface PluginSite {
  /** Undefined if it is not written. */
  readonly node: Node | undefined;
  readonly path: KeyPath | undefined;
}

/** The plugins that a configuration names, found and given their options. */
export interface ResolvedPlugins<P extends PluginDescription> {
  /** By the plugins' own names. */
  readonly plugins: ReadonlyMap<string, P>;
  /** Each site's map, by the plugins' own names: options decoded and defaults filled in, or false. */
  readonly maps: ReadonlyMap<PluginSite, PluginMapConfig>;
  /** Sites in which there is a problem. */
  readonly invalid: ReadonlySet<PluginSite>;
  readonly problems: readonly Problem[];
  /** The entry of the YAML that these options were made of. */
  entryOf(options: unknown): MapEntry | undefined;
  /** A problem at the place where these options are written: for what shows only when a plugin is set up. */
  problemFor(options: unknown, message: string): Problem | undefined;
}

type Found<P> = P | { readonly problem: string } | undefined;

/** Finds every plugin that the sites name, once each, and checks the options with the plugin's own schema. */
export async function resolvePlugins<P extends PluginDescription>(
  sites: readonly PluginSite[],
  lookup: PluginLookup<P>,
): Promise<ResolvedPlugins<P>> {
  const found = await findAll(sites, lookup);
  const plugins = new Map<string, P>();
  const maps = new Map<PluginSite, PluginMapConfig>();
  const invalid = new Set<PluginSite>();
  const problems: Problem[] = [];
  const places = new WeakMap<object, { readonly entry: MapEntry; readonly path: KeyPath | undefined }>();

  for (const site of sites) {
    const before = problems.length;
    const map: Record<string, unknown> = {};
    for (const entry of entriesOf(site)) {
      const path = below(site.path, entry.key);
      const plugin = found.get(keyOf(entry));
      if (plugin === undefined || "problem" in plugin) {
        problems.push(problemAt(entry.place, path, notFound(entry, plugin), notFoundHint(entry, plugin, lookup)));
        continue;
      }
      const known = plugins.get(plugin.name) ?? plugin;
      if (known !== plugin || Object.hasOwn(map, plugin.name)) {
        const name = JSON.stringify(plugin.name);
        const message = known === plugin ? `the plugin ${name} is here twice` : `another plugin is called ${name} too`;
        problems.push(problemAt(entry.place, path, message));
        continue;
      }
      plugins.set(plugin.name, plugin);
      const options = decodeOptions(plugin, entry, path, problems);
      map[plugin.name] = options;
      if (typeof options === "object" && options !== null) places.set(options, { entry, path });
    }
    maps.set(site, map);
    if (problems.length > before) invalid.add(site);
  }

  const placeOf = (options: unknown) =>
    typeof options === "object" && options !== null ? places.get(options) : undefined;

  return {
    plugins,
    maps,
    invalid,
    problems,
    entryOf: (options) => placeOf(options)?.entry,
    problemFor(options, message) {
      const at = placeOf(options);
      if (at === undefined) return undefined;
      const named = namedOption(message, at.entry.value, at.path);
      const place = named?.node ?? at.entry.place;
      return problemAt(place, named?.path ?? at.path, conceal(message, at.entry.value));
    },
  };
}

async function findAll<P extends PluginDescription>(
  sites: readonly PluginSite[],
  lookup: PluginLookup<P>,
): Promise<ReadonlyMap<string, Found<P>>> {
  const entries = new Map(sites.flatMap(entriesOf).map((entry) => [keyOf(entry), entry]));
  const find = async ([key, entry]: readonly [string, MapEntry]): Promise<readonly [string, Found<P>]> => {
    return [key, await lookup.find(entry.key, entry.place.source.directory)];
  };
  return new Map(await Promise.all([...entries].map(find)));
}

function decodeOptions(
  plugin: PluginDescription,
  entry: MapEntry,
  path: KeyPath | undefined,
  problems: Problem[],
): unknown {
  const { value: node } = entry;
  if (node.kind === "scalar" && node.value === false) return false;
  const isEmpty = node.kind === "scalar" && node.value === null;
  try {
    const result = validate(plugin.options, isEmpty ? toNode({}, entry.place) : node, path);
    problems.push(...result.problems);
    return result.value;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(problemAt(entry.place, path, `the plugin's options cannot be checked: ${reason}`));
    return undefined;
  }
}

/** Entries that are worth a look: the schema has reported those that are neither options nor false. */
function entriesOf({ node }: PluginSite): readonly MapEntry[] {
  if (node?.kind !== "map") return [];
  return node.entries.filter(({ value }) => value.kind === "map" || (value.kind === "scalar" && isSwitch(value.value)));
}

function isSwitch(value: unknown): boolean {
  return value === null || value === false;
}

/** A path means another file in another folder. */
function keyOf({ key, place }: MapEntry): string {
  return JSON.stringify([key, place.source.directory]);
}

function notFound({ key }: MapEntry, found: { readonly problem: string } | undefined): string {
  if (found !== undefined) return `the plugin ${JSON.stringify(key)} cannot be used: ${found.problem}`;
  return `expected the name of a plugin, found ${JSON.stringify(key)}`;
}

function notFoundHint({ key }: MapEntry, found: unknown, lookup: PluginLookup): string | undefined {
  if (found !== undefined) return undefined;
  const names = lookup.names();
  return didYouMean(key, names) ?? `there are ${names.join(", ")}; a file is written as ./my-plugin.ts`;
}
