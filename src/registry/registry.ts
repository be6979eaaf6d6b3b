import { realpathSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { unreadable } from "../config/file-path.ts";
import type { Plugin } from "../plugin.ts";
import { lendContract } from "./contract-import.ts";
import { embeddedFiles, embeddedPlugin } from "./embedded.ts";
import { resolvePackage } from "./package-path.ts";
import { importProblem, isPluginName, shapeProblem } from "./plugin-shape.ts";

/** A text that says why a plugin cannot be used. */
export interface PluginProblem {
  readonly problem: string;
}

/** Finds plugins, loads them and checks their shape. */
export interface Registry {
  /**
   * The plugin that a configuration file in that folder names: one of the gateway's own by its name, a file by its path
   * (`./`, `../` or `/`), else an npm package that is installed for the file or for the gateway. Undefined if there is
   * none; it never rejects.
   */
  find(specifier: string, directory: string): Promise<Plugin | PluginProblem | undefined>;
  /** Names of the gateway's own plugins, sorted. */
  names(): readonly string[];
  /** All of the gateway's own plugins, by name. Rejects if one of them cannot be used. */
  all(): Promise<readonly Plugin[]>;
}

/** A registry of the plugins in a folder, each `NAME.ts` or `NAME/index.ts`. Nothing is loaded until it is named. */
export async function createRegistry(pluginsDirectory: string): Promise<Registry> {
  lendContract();
  const installed = embeddedFiles() ?? (await listInstalled(resolve(pluginsDirectory)));
  const loadInstalled = async (name: string, file: string): Promise<Plugin | PluginProblem> => {
    const plugin = await loadPlugin(file);
    if ("problem" in plugin || plugin.name === name) return plugin;
    return {
      problem: `its file says ${name}, but its name is ${JSON.stringify(plugin.name)}: they have to be the same`,
    };
  };

  return {
    async find(specifier, directory) {
      const own = installed.get(specifier);
      if (own !== undefined) return loadInstalled(specifier, own);
      const file = PATH.test(specifier)
        ? findFile(resolve(directory, specifier))
        : resolvePackage(specifier, [directory, pluginsDirectory]);
      return typeof file === "string" ? loadPlugin(file) : file;
    },
    names: () => [...installed.keys()],
    all: () => Promise.all([...installed].map(async ([name, file]) => orThrow(name, await loadInstalled(name, file)))),
  };
}

/** Loads plugins by the files that `pluginFile` has told. Throws an Error if one cannot be used. */
export async function loadPlugins(files: PluginFiles): Promise<ReadonlyMap<string, Plugin>> {
  lendContract();
  const load = async ([key, file]: PluginFiles[number]) => [key, orThrow(key, await loadPlugin(file))] as const;
  return new Map(await Promise.all(files.map(load)));
}

type PluginFiles = readonly (readonly [key: string, file: string])[];

const PATH = /^\.{0,2}\//;

async function listInstalled(directory: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const name = basename(entry.name, ".ts");
    const file = join(directory, entry.name, entry.name.endsWith(".ts") ? "" : "index.ts");
    if (isPluginName(name) && unreadable(file) === undefined) files.set(name, realpathSync(file));
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A path names a file, or a folder with an index.ts. */
function findFile(path: string): string | PluginProblem {
  const reason = unreadable(path);
  if (reason === undefined) return realpathSync(path);
  const index = join(path, "index.ts");
  return unreadable(index) === undefined ? realpathSync(index) : { problem: reason };
}

/** Where plugins have come from. */
const fileOf = new WeakMap<Plugin, string>();

/** The file that a plugin of a registry was loaded from: absolute, so that another process finds the same one. */
export function pluginFile(plugin: Plugin): string | undefined {
  return fileOf.get(plugin);
}

/** A file that could be imported is imported once: Bun keeps the module. */
async function loadPlugin(file: string): Promise<Plugin | PluginProblem> {
  try {
    const embedded = embeddedPlugin(file);
    const module: { readonly default?: unknown } =
      embedded === undefined ? await import(pathToFileURL(file).href) : { default: embedded };
    const problem = shapeProblem(module.default);
    if (problem !== undefined) return { problem };
    const plugin = module.default as Plugin;
    fileOf.set(plugin, file);
    return plugin;
  } catch (error) {
    return { problem: importProblem(error) };
  }
}

function orThrow(name: string, plugin: Plugin | PluginProblem): Plugin {
  if ("problem" in plugin) throw new Error(`the plugin ${JSON.stringify(name)} cannot be used: ${plugin.problem}`);
  return plugin;
}
