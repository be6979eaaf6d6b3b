import { didYouMean } from "../config/nearest.ts";
import type { CanaryReport, CanaryView } from "../traffic/canary-report.ts";
import { ADMIN_FLAGS, ADMIN_USAGE, type AdminAccess, adminAccess } from "./admin-access.ts";
import { AdminFault, callAdmin, faultOfChange } from "./admin-call.ts";
import { type FlagTable, readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { loadForCommand } from "./load-valid.ts";

const USAGE = `usage: bun run gateway canary list [--json] [--config FILE]
       bun run gateway canary promote | pause | resume | abort ROUTE [--json] [--config FILE]
         ${ADMIN_USAGE}

  list      how each is doing
  promote   give the new version all requests of the route
  pause     keep it on its step
  resume    let it go on: after a pause, after a promotion, or after it was stopped
  abort     give it no requests any more
`;

const FLAGS: FlagTable = { json: "switch", config: "value", ...ADMIN_FLAGS };
const ACTIONS = ["promote", "pause", "resume", "abort"];

/** What the admin port tells of a canary. */
type Told = CanaryReport & Pick<CanaryView, "route" | "against" | "counts">;

/**
 * Tells how the canaries of the gateway that runs are doing, or decides about one. 0 when it is done, 1 if it could not be, 2 if the
 * command itself is not understood.
 */
export async function canary(args: readonly string[], io: CliIo): Promise<number> {
  const command = readCommand(args, io.cwd);
  if (typeof command === "string") {
    io.err(`${command}\n\n${USAGE}`);
    return 2;
  }
  const { action, route, file, access, isJson } = command;
  const loaded = await loadForCommand(file, io);
  if (loaded === undefined) return 1;
  try {
    const body = route === undefined ? undefined : { route, action };
    const method = route === undefined ? "GET" : "POST";
    const answer = await callAdmin(loaded.config, method, "/api/canaries", body, access);
    const text = route === undefined ? listText((answer as { canaries: Told[] }).canaries) : lineOf(answer as Told);
    io.out(isJson ? `${JSON.stringify(answer, null, 2)}\n` : text);
    return 0;
  } catch (error) {
    if (!(error instanceof AdminFault)) throw error;
    io.err(`${route === undefined ? error.message : faultOfChange(error)}\n`);
    return 1;
  }
}

interface Command {
  readonly action: string;
  /** Undefined for a list. */
  readonly route: string | undefined;
  readonly file: string;
  readonly access: AdminAccess;
  readonly isJson: boolean;
}

/** A text says what is not understood. */
function readCommand(args: readonly string[], cwd: string): Command | string {
  const flags = readFlags(args, FLAGS);
  if (typeof flags === "string") return flags;
  const { words, values } = flags;
  const [action = "list", route, beyond] = words;
  if (action !== "list" && !ACTIONS.includes(action)) {
    const hint = didYouMean(action, ["list", ...ACTIONS]);
    return `${JSON.stringify(action)} is not understood${hint === undefined ? "" : `: ${hint}`}`;
  }
  const extra = action === "list" ? route : beyond;
  if (extra !== undefined) return `${JSON.stringify(extra)} is not understood`;
  if (action !== "list" && route === undefined) return "of which route? `gateway canary list` has their names";
  const file = values.get("config")?.at(-1) ?? "gateway.yaml";
  return { action, route, file, access: adminAccess(flags, cwd), isJson: values.has("json") };
}

function listText(canaries: readonly Told[]): string {
  return canaries.length === 0 ? "there is no canary\n" : canaries.map(lineOf).join("");
}

function lineOf({ route, service, against, state, share, step, steps, since, nextAt, reason, counts }: Told): string {
  const { new: own, old } = counts;
  const failed = `${own.failures} of ${own.requests} failed, ${old.failures} of ${old.requests} of ${against}`;
  const next = nextAt === undefined ? "" : `, next step ${nextAt}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  const part = `${Math.round(share * 1_000) / 10} %, step ${step} of ${steps}`;
  return `${route}: ${service} is ${state}${why}, since ${since}, ${part}${next}; ${failed}\n`;
}
