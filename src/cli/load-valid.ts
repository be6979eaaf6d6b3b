import { type Loaded, type LoadResult, loadConfig } from "../config/load.ts";
import { countProblems, formatProblems } from "../config/report.ts";
import type { Plugin } from "../plugin.ts";
import { createRegistry } from "../registry/registry.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";

/** The configuration of a valid file; its warnings are printed. Undefined, with every problem printed, if it is not valid. */
export async function loadValid(file: string, io: CliIo): Promise<Loaded<Plugin> | undefined> {
  const loaded = await load(file, io);
  if (loaded.ok && loaded.problems.length > 0) io.err(`${formatProblems(loaded.problems, io.isTerminal)}\n`);
  return valid(file, loaded, io);
}

/** The same for commands that are about something else: nothing is said of what is valid. */
export async function loadForCommand(file: string, io: CliIo): Promise<Loaded<Plugin> | undefined> {
  return valid(file, await load(file, io), io);
}

async function load(file: string, { env, cwd }: CliIo): Promise<LoadResult<Plugin>> {
  const plugins = await createRegistry(PLUGINS_DIRECTORY);
  return loadConfig<Plugin>(file, { env, plugins, directory: cwd });
}

function valid(file: string, loaded: LoadResult<Plugin>, io: CliIo): Loaded<Plugin> | undefined {
  if (loaded.ok) return loaded;
  io.err(`${formatProblems(loaded.problems, io.isTerminal)}\n`);
  io.err(`${file} is not valid: ${countProblems(loaded.problems)}\n`);
  return undefined;
}
