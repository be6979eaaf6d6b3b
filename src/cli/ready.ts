import { loadConfig } from "../config/load.ts";
import { countProblems } from "../config/report.ts";
import { createRegistry } from "../registry/registry.ts";
import { ADMIN_FLAGS, ADMIN_USAGE, adminAccess } from "./admin-access.ts";
import { AdminFault, callAdmin } from "./admin-call.ts";
import { type FlagTable, readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";

const USAGE = `usage: bun run gateway ready [--config FILE] ${ADMIN_USAGE}\n`;
const FLAGS: FlagTable = { config: "value", ...ADMIN_FLAGS };

/**
 * Asks the gateway on this machine, at its admin port, whether it is ready: for a health check where there is no curl. 0 if it
 * is, 1 if not, 2 if the command itself is not understood.
 */
export async function ready(args: readonly string[], io: CliIo): Promise<number> {
  const flags = readFlags(args, FLAGS);
  if (typeof flags === "string" || flags.words.length > 0) {
    io.err(USAGE);
    return 2;
  }
  const file = flags.values.get("config")?.at(-1) ?? "gateway.yaml";
  const plugins = await createRegistry(PLUGINS_DIRECTORY);
  const loaded = await loadConfig(file, { env: io.env, plugins, directory: io.cwd });
  if (!loaded.ok) {
    io.err(`${file} is not valid: ${countProblems(loaded.problems)}\n`);
    return 1;
  }
  try {
    await callAdmin(loaded.config, "GET", "/health/ready", undefined, adminAccess(flags, io.cwd));
    io.out("ready\n");
    return 0;
  } catch (error) {
    if (!(error instanceof AdminFault)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}
