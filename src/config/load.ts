import { resolve } from "node:path";
import { withStatePath } from "./alert-state.ts";
import { collectParts, type Part } from "./assemble.ts";
import { Breathing } from "./breathing.ts";
import { checkDraft } from "./check.ts";
import { type ConfigSources, sourcesOf } from "./config-sources.ts";
import type { Draft, Entry } from "./draft.ts";
import type { Environment } from "./env.ts";
import { deepFreeze } from "./freeze.ts";
import { findIncluded } from "./include.ts";
import { below } from "./key-path.ts";
import { type LoadedFile, loadFile } from "./load-file.ts";
import { entryOf, type MapEntry, type Node, nearestNode } from "./node.ts";
import { documentLocation } from "./openapi-location.ts";
import type { PluginDescription, PluginLookup } from "./plugin-lookup.ts";
import { type PluginSite, type ResolvedPlugins, resolvePlugins } from "./plugins.ts";
import { type Problem, sortProblems } from "./problem.ts";
import { type Config, ConfigSchema, IncludedSchema, type PluginMapConfig, type ServiceConfig } from "./schema.ts";
import { type ShownConfig, showConfig } from "./shown.ts";
import type { Place } from "./source.ts";
import { targetsFileProblems } from "./targets-file.ts";

export interface LoadOptions<P extends PluginDescription> {
  readonly env: Environment;
  readonly plugins: PluginLookup<P>;
  /** Where a relative path starts; the process's own folder if it is not given. */
  readonly directory?: string;
}

export interface Loaded<P extends PluginDescription> {
  readonly ok: true;
  /** Frozen; its maps of plugins are keyed by the plugins' own names. */
  readonly config: Config;
  /** Every plugin that is named, by its own name. */
  readonly plugins: ReadonlyMap<string, P>;
  /** Absolute paths of the main file and of all that it includes. */
  readonly files: readonly string[];
  /** Folder of the main file, absolute. */
  readonly directory: string;
  readonly sources: ConfigSources;
  /** As it is written. */
  readonly shown: ShownConfig;
  /** Warnings. */
  readonly problems: readonly Problem[];
  /** Where a route or a service of `config` is written. */
  placeOf(part: object): Place | undefined;
  /** The entry of the YAML that a plugin's options were made of. */
  entryOf(options: unknown): MapEntry | undefined;
  /** A problem at the place where a plugin's options are written: for what shows only when it is set up. */
  problemFor(options: unknown, message: string): Problem | undefined;
}

export interface NotLoaded {
  readonly ok: false;
  readonly sources: ConfigSources;
  /** Errors, and warnings between them. */
  readonly problems: readonly Problem[];
}

export type LoadResult<P extends PluginDescription> = Loaded<P> | NotLoaded;

/** Loads a configuration with all that it includes. Every problem is found in one go; nothing is thrown. */
export async function loadConfig<P extends PluginDescription>(
  file: string,
  options: LoadOptions<P>,
): Promise<LoadResult<P>> {
  const breathing = new Breathing();
  const path = options.directory === undefined ? resolve(file) : resolve(options.directory, file);
  const main = await loadFile(file, path, ConfigSchema, options.env);
  const included = findIncluded(main);
  const others: LoadedFile[] = [];
  for (const { name, path: other } of included.files) {
    await breathing.step();
    others.push(await loadFile(name, other, IncludedSchema, options.env));
  }
  await breathing.step();
  const files = [main, ...others];
  const parts = collectParts(files);
  const globalSite: PluginSite = { node: entryOf(main.root, "plugins")?.value, path: below(undefined, "plugins") };
  const sites = [globalSite, ...[...parts.services.values(), ...parts.routes].map(({ site }) => site)];
  const resolved = await resolvePlugins(sites, options.plugins);
  await breathing.step();

  const draft: Draft = {
    root: main.root,
    main: main.value,
    plugins: pluginsAt(resolved, globalSite),
    services: new Map([...parts.services].map(([name, part]) => [name, finish(part, resolved)])),
    routes: parts.routes.map((part) => finish(part, resolved)),
    known: resolved.plugins,
    isComplete: files.every(({ isReadable }) => isReadable) && !included.problems.some(isError),
  };
  const checked = main.isReadable ? [...checkDraft(draft), ...(await targetsFileProblems(draft))] : [];
  const found = [
    ...files.map(({ problems }) => problems),
    included.problems,
    parts.problems,
    resolved.problems,
    checked,
  ];
  const problems = sortProblems(
    found.flat(),
    files.map(({ name }) => name),
  );
  const sources = sourcesOf(files, included);
  await breathing.step();
  if (problems.some(isError)) return { ok: false, sources, problems };
  const config = deepFreeze(configOf(draft));
  const places = new WeakMap<object, Place>();
  for (const { valid, place } of draft.routes) if (valid !== undefined) places.set(valid, place);
  for (const [name, { place }] of draft.services) {
    const service = config.services[name];
    if (service !== undefined) places.set(service, place);
  }
  return {
    ok: true,
    config,
    plugins: resolved.plugins,
    files: files.map((each) => each.path),
    directory: main.root.source.directory,
    sources,
    shown: showConfig(files),
    problems,
    placeOf: (part) => places.get(part),
    entryOf: resolved.entryOf,
    problemFor: resolved.problemFor,
  };
}

function finish<T, E extends Entry<T>>(part: Part<E>, resolved: ResolvedPlugins<PluginDescription>) {
  const { entry, site } = part;
  const plugins = pluginsAt(resolved, site);
  const valid = entry.valid === undefined || resolved.invalid.has(site) ? undefined : { ...entry.valid, plugins };
  return { ...entry, valid, plugins };
}

function pluginsAt({ maps }: ResolvedPlugins<PluginDescription>, site: PluginSite): PluginMapConfig {
  return maps.get(site) ?? {};
}

function configOf(draft: Draft): Config {
  const { include: _, ...main } = draft.main as Config & { readonly include?: unknown };
  const services = [...draft.services.values()].flatMap(({ name, node, valid }) => {
    return valid === undefined ? [] : [[name, withLocation(valid, node)] as const];
  });
  return {
    ...main,
    ...withStatePath(main.alerts, draft.root),
    listen: Array.isArray(main.listen) ? main.listen : [main.listen],
    plugins: draft.plugins,
    services: Object.fromEntries(services),
    routes: draft.routes.flatMap(({ valid }) => valid ?? []),
  };
}

/** Where its document is is told in one form: the folder that a relative path starts in is not known any more later. */
function withLocation(service: ServiceConfig, node: Node): ServiceConfig {
  if (service.openapi === undefined) return service;
  const { directory } = nearestNode(node, ["openapi"]).source;
  return { ...service, openapi: documentLocation(service.openapi, directory) };
}

function isError({ severity }: Problem): boolean {
  return severity === "error";
}
