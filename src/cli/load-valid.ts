import { type Loaded, loadConfig } from "../config/load.ts";
import { countProblems, formatProblems } from "../config/report.ts";
import type { Plugin } from "../plugin.ts";
import { createRegistry } from "../registry/registry.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";

/** The configuration of a valid file; its warnings are printed. Undefined, with every problem printed, if it is not valid. */
export async function loadValid(file: string, io: CliIo): Promise<Loaded<Plugin> | undefined> {
  const plugins = await createRegistry(PLUGINS_DIRECTORY);
  const loaded = await loadConfig<Plugin>(file, { env: io.env, plugins, directory: io.cwd });
  if (loaded.problems.length > 0) io.err(`${formatProblems(loaded.problems, io.isTerminal)}\n`);
  if (loaded.ok) return loaded;
  io.err(`${file} is not valid: ${countProblems(loaded.problems)}\n`);
  return undefined;
}
