import type { Config } from "../config/schema.ts";
import { parseRevocation, type RevocationRequest } from "../identity/revocation.ts";
import { REVOCATIONS_PART } from "../identity/revocation-keys.ts";
import { blacklistKeys, createRevocations } from "../identity/revocations.ts";
import { createNullLogger } from "../observe/log.ts";
import { StoreError } from "../store/error.ts";
import { hasRedis, openStore } from "../store/open.ts";
import { ADMIN_FLAGS, ADMIN_USAGE, type AdminAccess, adminAccess } from "./admin-access.ts";
import { AdminFault, callAdmin, faultOfChange } from "./admin-call.ts";
import { type FlagTable, readOnce } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { loadForCommand } from "./load-valid.ts";

const USAGE = `usage: bun run gateway revoke (--jti ID | --token TOKEN | --subject SUB | --kid KID) [options]

  --jti ID         one token, by its id
  --token TOKEN    one token, by itself
  --subject SUB    all tokens of a subject that were issued before --before TIME, now unless told
  --kid KID        all tokens that a key has signed
  --until TIME     for so long; unless told, a token until it ends, anything else until it is taken back
  --undo           take it back
  --config FILE    whose gateways (gateway.yaml unless told)

Where the store is in the gateway's memory: ${ADMIN_USAGE}
A TIME is 2030-01-31T12:00:00Z, or seconds since 1970.
`;

const FLAGS: FlagTable = {
  jti: "value",
  token: "value",
  subject: "value",
  kid: "value",
  before: "value",
  until: "value",
  undo: "switch",
  config: "value",
  ...ADMIN_FLAGS,
};

interface Command {
  readonly file: string;
  readonly isUndone: boolean;
  /** What the admin port is sent. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly asked: RevocationRequest;
  readonly access: AdminAccess;
}

/**
 * Revokes tokens, or takes that back, in the store of a configuration: in Redis, or through the admin port of the
 * gateway that has the store in its memory. 0 when it is done, 1 if it could not be, 2 if the command itself is not
 * understood.
 */
export async function revoke(args: readonly string[], io: CliIo): Promise<number> {
  const command = readCommand(args, io.cwd);
  if (typeof command === "string") {
    io.err(`${command}\n\n${USAGE}`);
    return 2;
  }
  const { file, isUndone, asked, input, access } = command;
  const loaded = await loadForCommand(file, io);
  if (loaded === undefined) return 1;
  try {
    if (hasRedis(loaded.config.redis)) await inRedis(loaded.config, asked, isUndone);
    else await callAdmin(loaded.config, isUndone ? "DELETE" : "POST", "/api/revocations", input, access);
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof AdminFault)) throw error;
    io.err(`${faultOfChange(error)}\n`);
    return 1;
  }
  io.out(`${described(asked, isUndone)}\n`);
  return 0;
}

/** A text says what is not understood. */
function readCommand(args: readonly string[], cwd: string): Command | string {
  const flags = readOnce(args, FLAGS);
  if (typeof flags === "string") return flags;
  const { values } = flags;
  const of = (name: string) => values.get(name)?.[0];
  const named = ["jti", "token", "subject", "kid"].flatMap((name) => (values.has(name) ? [[name, of(name)]] : []));
  const times = ["before", "until"].flatMap((name) => (values.has(name) ? [[name, timeOf(of(name) ?? "")]] : []));
  const input = Object.fromEntries([...named, ...times]);
  try {
    const asked = parseRevocation(input, Date.now());
    return {
      file: of("config") ?? "gateway.yaml",
      isUndone: values.has("undo"),
      input,
      asked,
      access: adminAccess(flags, cwd),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Digits alone are seconds. */
function timeOf(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

async function inRedis(config: Config, asked: RevocationRequest, isUndone: boolean): Promise<void> {
  const store = await openStore(config.redis, { now: Date.now, log: createNullLogger() });
  try {
    const revocations = createRevocations(store.of(REVOCATIONS_PART), blacklistKeys(config), Date.now);
    if (isUndone) await revocations.restore(asked.revocation);
    else await revocations.revoke(asked);
  } finally {
    await store.close();
  }
}

function described({ revocation: { kind, value, before }, untilMs }: RevocationRequest, isUndone: boolean): string {
  const what = kind === "token" ? "the token" : `${kind} ${JSON.stringify(value)}`;
  if (isUndone) return `taken back: ${what}`;
  const older = before === undefined ? "" : `, issued before ${new Date(before * 1_000).toISOString()}`;
  const end = untilMs === undefined ? "until it is taken back" : `until ${new Date(untilMs).toISOString()}`;
  return `revoked ${end}: ${what}${older}`;
}
