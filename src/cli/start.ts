import { type LoadResult, loadConfig } from "../config/load.ts";
import { countProblems, formatProblems } from "../config/report.ts";
import type { Plugin } from "../plugin.ts";
import { createRegistry } from "../registry/registry.ts";
import { runGateway } from "../run.ts";
import { readOnce } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";

const USAGE = `usage: bun run start [--config FILE] [--watch]   (FILE is gateway.yaml if it is not given)

  --watch   take over changes of the files, also where the configuration says \`reload: manual\`
`;
const FLAGS = { config: "value", watch: "switch" } as const;

/**
 * Runs the gateway until it is told to stop. With an invalid configuration it prints every problem and does not listen.
 * 0 after a stop, 1 if it could not start, 2 if the command itself is not understood.
 */
export async function start(args: readonly string[], io: CliIo): Promise<number> {
  const command = readCommand(args);
  if (typeof command === "string") {
    io.err(`${command}\n\n${USAGE}`);
    return 2;
  }
  const { file, isWatching } = command;
  const plugins = await createRegistry(PLUGINS_DIRECTORY);
  const load = async (): Promise<LoadResult<Plugin>> => {
    const result = await loadConfig<Plugin>(file, { env: io.env, plugins, directory: io.cwd });
    return isWatching && result.ok
      ? { ...result, config: Object.freeze({ ...result.config, reload: "watch" }) }
      : result;
  };
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

/** A text says what is not understood. */
function readCommand(args: readonly string[]): { readonly file: string; readonly isWatching: boolean } | string {
  const flags = readOnce(args, FLAGS);
  if (typeof flags === "string") return flags;
  const file = flags.values.get("config")?.[0] ?? "gateway.yaml";
  return file === "" ? "--config needs a value" : { file, isWatching: flags.values.has("watch") };
}
