import { type LoadResult, loadConfig } from "../config/load.ts";
import { countProblems, formatProblems } from "../config/report.ts";
import type { Plugin } from "../plugin.ts";
import { createRegistry } from "../registry/registry.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";

/** The configuration, or undefined when its problems were written. */
export async function loadForCommand(file: string, io: CliIo) {
  const plugins = await createRegistry(PLUGINS_DIRECTORY);
  const loaded: LoadResult<Plugin> = await loadConfig(file, { env: io.env, plugins, directory: io.cwd });
  if (loaded.ok) return loaded;
  io.err(`${formatProblems(loaded.problems, io.isTerminal)}\n`);
  io.err(`${file} is not valid: ${countProblems(loaded.problems)}\n`);
  return undefined;
}
