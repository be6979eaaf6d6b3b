import type { Loaded } from "../config/load.ts";
import { counted } from "../config/report.ts";
import type { Plugin } from "../plugin.ts";
import type { Change, ChangeReport } from "../reload/changes.ts";
import { printsOf } from "../reload/prints.ts";
import { ADMIN_FLAGS, ADMIN_USAGE, adminAccess } from "./admin-access.ts";
import { AdminFault, callAdmin } from "./admin-call.ts";
import { readOnce } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { loadValid } from "./load-valid.ts";
import { setupFaults } from "./trial.ts";

const USAGE = `usage: bun run gateway plan [--config FILE] [--json] ${ADMIN_USAGE}\n  (the configuration is gateway.yaml if it is not given)\n`;
const FLAGS = { config: "value", json: "switch", ...ADMIN_FLAGS } as const;
const MARKS = { added: "+", removed: "-", changed: "~" } as const;

/**
 * Checks a configuration, and prints what it would change in the gateway that runs, as its admin port tells; no value of
 * either leaves its process. 0 if that is known, 1 if the configuration is not valid or nobody answers, 2 if the command
 * itself is not understood.
 */
export async function plan(args: readonly string[], io: CliIo): Promise<number> {
  const flags = readOnce(args, FLAGS);
  if (typeof flags === "string") {
    io.err(`${flags}\n\n${USAGE}`);
    return 2;
  }
  const file = flags.values.get("config")?.[0] ?? "gateway.yaml";
  const loaded = await load(file, io);
  if (loaded === undefined) return 1;
  const salt = crypto.randomUUID();
  try {
    const asked = { salt, prints: printsOf(loaded.config, salt) };
    const answer = await callAdmin(loaded.config, "POST", "/api/plan", asked, adminAccess(flags, io.cwd));
    io.out(flags.values.has("json") ? `${JSON.stringify(answer, null, 2)}\n` : textOf(answer as ChangeReport));
    return 0;
  } catch (error) {
    if (!(error instanceof AdminFault)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}

async function load(file: string, io: CliIo): Promise<Loaded<Plugin> | undefined> {
  const loaded = await loadValid(file, io);
  const faults = loaded === undefined ? [] : await setupFaults(loaded);
  if (faults.length === 0) return loaded;
  io.err(`${faults.join("\n")}\n${file} is not valid: ${counted(faults.length, "error")}\n`);
  return undefined;
}

function textOf({ changes, needsRestart }: ChangeReport): string {
  if (changes.length === 0) return "nothing would change\n";
  const lines = changes.map(({ part, change, keys = [] }: Change) => {
    return `${MARKS[change]} ${part}${keys.length === 0 ? "" : `  ${keys.join(", ")}`}`;
  });
  if (needsRestart.length > 0) lines.push(`only a restart changes ${needsRestart.join(", ")}`);
  return `${lines.join("\n")}\n`;
}
