import { type LoadResult, loadConfig } from "../config/load.ts";
import { countProblems, formatProblems } from "../config/report.ts";
import type { Plugin } from "../plugin.ts";
import { createRegistry } from "../registry/registry.ts";
import { runGateway } from "../run.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";

const USAGE = "usage: bun run start [--config FILE]   (FILE is gateway.yaml if it is not given)\n";

/**
 * Runs the gateway until it is told to stop. With an invalid configuration it prints every problem and does not listen.
 * 0 after a stop, 1 if it could not start, 2 if the command itself is not understood.
 */
export async function start(args: readonly string[], io: CliIo): Promise<number> {
  const file = configFile(args);
  if (file === undefined) {
    io.err(USAGE);
    return 2;
  }
  const plugins = await createRegistry(PLUGINS_DIRECTORY);
  const load = (): Promise<LoadResult<Plugin>> => loadConfig(file, { env: io.env, plugins, directory: io.cwd });
  const loaded = await load();
  if (loaded.problems.length > 0) io.err(`${formatProblems(loaded.problems, io.isTerminal)}\n`);
  if (!loaded.ok) {
    io.err(`${file} is not valid: ${countProblems(loaded.problems)}\n`);
    return 1;
  }
  const result = await runGateway(loaded, { ...io, load });
  if (result === undefined) return 0;
  io.err(`${result}\n`);
  return 1;
}

/** `--config FILE` or `--config=FILE`; undefined if there is anything else. */
function configFile(args: readonly string[]): string | undefined {
  const [first, second, ...rest] = args;
  if (first === undefined) return "gateway.yaml";
  if (first.startsWith("--config=") && second === undefined) return first.slice("--config=".length) || undefined;
  return first === "--config" && rest.length === 0 ? second : undefined;
}
