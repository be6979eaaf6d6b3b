import { ADMIN_FLAGS, ADMIN_USAGE, type AdminAccess, adminAccess } from "./admin-access.ts";
import { AdminFault, callAdmin, faultOfChange } from "./admin-call.ts";
import { type FlagTable, readOnce } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { loadForCommand } from "./load-valid.ts";

const USAGE = `usage: bun run gateway purge (--url URL | --key KEY | --prefix URL | --tag TAG | --all) [--soft] [--config FILE]
         ${ADMIN_USAGE}

  --url URL       what is stored for that URL
  --key KEY       what is stored under that key, as \`gateway explain\` shows it
  --prefix URL    what is stored for URLs that begin so
  --tag TAG       what its service has given that tag
  --all           everything
  --soft          keep it, but as stale
  --config FILE   whose gateways (gateway.yaml unless told)
`;

const FLAGS: FlagTable = {
  url: "value",
  key: "value",
  prefix: "value",
  tag: "value",
  all: "switch",
  soft: "switch",
  config: "value",
  ...ADMIN_FLAGS,
};
const TARGETS = ["url", "key", "prefix", "tag", "all"] as const;

/**
 * Removes stored replies from the gateway that runs, and through it from all that share its store. 0 when it is done, 1 if it could
 * not be, 2 if the command itself is not understood.
 */
export async function purge(args: readonly string[], io: CliIo): Promise<number> {
  const command = readCommand(args, io.cwd);
  if (typeof command === "string") {
    io.err(`${command}\n\n${USAGE}`);
    return 2;
  }
  const loaded = await loadForCommand(command.file, io);
  if (loaded === undefined) return 1;
  try {
    const answer = await callAdmin(loaded.config, "DELETE", `/api/cache?${command.query}`, undefined, command.access);
    io.out(`purged in this gateway: ${urlsOf(answer)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof AdminFault)) throw error;
    io.err(`${faultOfChange(error)}\n`);
    return 1;
  }
}

interface Command {
  readonly file: string;
  readonly query: URLSearchParams;
  readonly access: AdminAccess;
}

/** A text says what is not understood. */
function readCommand(args: readonly string[], cwd: string): Command | string {
  const flags = readOnce(args, FLAGS);
  if (typeof flags === "string") return flags;
  const { values } = flags;
  const [target, other] = TARGETS.filter((name) => values.has(name));
  if (target === undefined || other !== undefined) return "give one of --url, --key, --prefix, --tag and --all";
  const query = new URLSearchParams({ [target]: target === "all" ? "true" : (values.get(target)?.[0] ?? "") });
  if (values.has("soft")) query.set("soft", "true");
  return { file: values.get("config")?.[0] ?? "gateway.yaml", query, access: adminAccess(flags, cwd) };
}

function urlsOf(answer: unknown): string {
  const count = typeof answer === "object" && answer !== null && "purged" in answer ? Number(answer.purged) : 0;
  return count === 1 ? "1 URL" : `${count} URLs`;
}
