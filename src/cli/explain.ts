import type { ListenConfig } from "../config/schema.ts";
import { explain as explainRequest } from "../explain/explain.ts";
import { type AskedRequest, contextOf } from "../explain/request.ts";
import { explainText } from "../explain/text.ts";
import { Gateway } from "../gateway.ts";
import { ADMIN_FLAGS, ADMIN_USAGE, type AdminAccess, adminAccess } from "./admin-access.ts";
import { compileForShow } from "./compile-for-show.ts";
import { printLive } from "./explain-live.ts";
import { signedCurl } from "./explain-sign.ts";
import { type FlagTable, readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { loadForCommand } from "./load-valid.ts";

const USAGE = `usage: bun run gateway explain METHOD URL [options]
       bun run gateway explain METHOD URL --sign [--for 1m] [options]
       bun run gateway explain --id ID [--config FILE] [--json]
           ${ADMIN_USAGE}

  -H 'NAME: VALUE'   a header of the request; as often as needed (also --header)
  --from ADDRESS     the client's address (127.0.0.1 unless told)
  --config FILE      gateway.yaml unless told
  --all              options that are defaults, too
  --json             the same as JSON
  --sign             print a command that sends the request so that the gateway that runs explains it
  --for DURATION     how long that is good for, 1m unless told, 5m at most
  --id ID            print what has become of such a request: the reply's Sluice-Explanation

URL is https://api.example.com/users/7?x=1, or a path. Of a body only Content-Length or Transfer-Encoding counts.
`;

const FLAGS: FlagTable = {
  header: "value",
  from: "value",
  config: "value",
  json: "switch",
  all: "switch",
  sign: "switch",
  for: "value",
  id: "value",
  ...ADMIN_FLAGS,
};

interface Command {
  readonly file: string;
  readonly isJson: boolean;
  readonly access: AdminAccess;
  readonly hasDefaults: boolean;
  /** How long a signature is to be good for; undefined if none is wanted. */
  readonly signedFor: string | undefined;
  /** The request; or which one that the gateway has followed. */
  readonly asked: AskedRequest | string;
}

/**
 * Says what a configuration would make of a request: nothing is sent, asked or counted. Or signs a request, or asks the gateway
 * that runs for one that was signed. 0 if a route takes it, or all went well; 1 if none does, or the configuration is not
 * valid, or the gateway does not know; 2 if the command or the request is not understood.
 */
export async function explain(args: readonly string[], io: CliIo): Promise<number> {
  const command = readCommand(args, io.cwd);
  if (typeof command === "string") {
    io.err(`${command}\n\n${USAGE}`);
    return 2;
  }
  const { file, asked, isJson, hasDefaults, access, signedFor } = command;
  const loaded = await loadForCommand(file, io);
  if (loaded === undefined) return 1;
  if (typeof asked === "string") return printLive(asked, { config: loaded.config, access, isJson }, io);
  const listen = loaded.config.listen[0] as ListenConfig;
  const ctx = contextOf(asked, listen);
  if (typeof ctx === "string") {
    io.err(`the gateway would refuse it before any route: ${ctx}\n`);
    return 2;
  }
  if (signedFor !== undefined) return printSigned(signedCurl(asked, ctx, loaded.config, signedFor, Date.now()), io);
  const gateway = await compileForShow(loaded);
  if (!(gateway instanceof Gateway)) {
    io.err(`${gateway.join("\n")}\n`);
    return 1;
  }
  const report = await explainRequest(ctx, gateway.snapshot, listen, loaded).finally(() => gateway.close());
  io.out(isJson ? `${JSON.stringify(report, undefined, 2)}\n` : explainText(report, hasDefaults));
  return report.outcome === "not-found" || report.outcome === "method-not-allowed" ? 1 : 0;
}

function printSigned(signed: ReturnType<typeof signedCurl>, io: CliIo): number {
  if ("text" in signed) io.out(signed.text);
  else io.err(`${signed.fault}\n`);
  return "text" in signed ? 0 : 2;
}

function readCommand(args: readonly string[], cwd: string): Command | string {
  const flags = readFlags(
    args.map((arg) => (arg === "-H" ? "--header" : arg)),
    FLAGS,
  );
  if (typeof flags === "string") return flags;
  const { words, values } = flags;
  const one = (flag: string) => values.get(flag)?.at(-1);
  const common = {
    file: one("config") ?? "gateway.yaml",
    isJson: values.has("json"),
    access: adminAccess(flags, cwd),
    hasDefaults: values.has("all"),
    signedFor: undefined,
  };
  const id = one("id");
  if (id !== undefined) return words.length > 0 ? "--id stands without a request" : { ...common, asked: id };
  const [method, url, ...rest] = words;
  if (method === undefined || url === undefined) return "say which request: METHOD URL";
  if (rest.length > 0) return `what is ${JSON.stringify(rest[0])}?`;
  const headers: (readonly [string, string])[] = [];
  for (const line of values.get("header") ?? []) {
    const colon = line.indexOf(":");
    if (colon < 1) return `-H ${JSON.stringify(line)}: expected NAME: VALUE`;
    headers.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  const asked = { method, url, headers, from: one("from") ?? "127.0.0.1" };
  const lifetime = one("for") ?? "1m";
  return { ...common, asked, signedFor: values.has("sign") ? lifetime : undefined };
}
