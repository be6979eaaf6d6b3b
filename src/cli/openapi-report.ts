import { ADMIN_FLAGS, adminAccess } from "./admin-access.ts";
import { AdminFault, callAdmin } from "./admin-call.ts";
import { readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { loadForCommand } from "./load-valid.ts";
import { reportText } from "./openapi-text.ts";

const FLAGS = { config: "value", json: "switch", ...ADMIN_FLAGS } as const;

/** What the gateway that runs says of its documents: 0, or 1 if it cannot be asked. A text if the command is not understood. */
export async function openapiReport(args: readonly string[], io: CliIo): Promise<number | string> {
  const flags = readFlags(args, FLAGS);
  if (typeof flags === "string") return flags;
  const { words, values } = flags;
  if (words.length > 0) return `${JSON.stringify(words[0])} is not understood`;
  const loaded = await loadForCommand(values.get("config")?.at(-1) ?? "gateway.yaml", io);
  if (loaded === undefined) return 1;
  try {
    const report = await callAdmin(loaded.config, "GET", "/api/openapi/report", undefined, adminAccess(flags, io.cwd));
    io.out(values.has("json") ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return 0;
  } catch (error) {
    if (!(error instanceof AdminFault)) throw error;
    io.err(`${error.message}\n`);
    return 1;
  }
}
