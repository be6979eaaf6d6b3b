import type { Plugin } from "../plugin.ts";

/** Begins what stands for a file in a program that has its plugins in itself. */
const PREFIX = "embedded:";

const embedded = new Map<string, Plugin>();

/** Makes these the gateway's own plugins, in place of a folder: for a program that is one file. Called once, before anything else. */
export function embedPlugins(plugins: readonly Plugin[]): void {
  for (const plugin of plugins) embedded.set(plugin.name, plugin);
}

/** What stands for the files of the embedded plugins, by their names, sorted; undefined if there are none. */
export function embeddedFiles(): ReadonlyMap<string, string> | undefined {
  if (embedded.size === 0) return undefined;
  return new Map([...embedded.keys()].sort().map((name) => [name, PREFIX + name]));
}

/** The plugin that such a text stands for. */
export function embeddedPlugin(file: string): Plugin | undefined {
  return file.startsWith(PREFIX) ? embedded.get(file.slice(PREFIX.length)) : undefined;
}
