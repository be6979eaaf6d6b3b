import { loadConfig } from "../config/load.ts";
import { countProblems, formatProblems } from "../config/report.ts";
import type { ListenConfig } from "../config/schema.ts";
import { explain as explainRequest } from "../explain/explain.ts";
import { type AskedRequest, contextOf } from "../explain/request.ts";
import { explainText } from "../explain/text.ts";
import { Gateway } from "../gateway.ts";
import { createRegistry } from "../registry/registry.ts";
import { compileForShow } from "./compile-for-show.ts";
import { type FlagTable, readFlags } from "./flags.ts";
import type { CliIo } from "./io.ts";
import { PLUGINS_DIRECTORY } from "./project.ts";

const USAGE = `usage: bun run gateway explain METHOD URL [options]

  -H 'NAME: VALUE'   a header of the request; as often as needed (also --header)
  --from ADDRESS     the client's address (127.0.0.1 unless told)
  --config FILE      gateway.yaml unless told
  --json             the same as JSON

URL is https://api.example.com/users/7?x=1, or a path. Of a body only Content-Length or Transfer-Encoding counts.
`;

const FLAGS: FlagTable = { header: "value", from: "value", config: "value", json: "switch" };

interface Command {
  readonly file: string;
  readonly isJson: boolean;
  readonly asked: AskedRequest;
}

/**
 * Says what a configuration would make of a request. Nothing is sent, asked or counted. 0 if a route takes it; 1 if none does,
 * or the configuration is not valid; 2 if the command or the request is not understood.
 */
export async function explain(args: readonly string[], io: CliIo): Promise<number> {
  const command = readCommand(args);
  if (typeof command === "string") {
    io.err(`${command}\n\n${USAGE}`);
    return 2;
  }
  const { file, asked, isJson } = command;
  const plugins = await createRegistry(PLUGINS_DIRECTORY);
  const loaded = await loadConfig(file, { env: io.env, plugins, directory: io.cwd });
  if (!loaded.ok) {
    io.err(
      `${formatProblems(loaded.problems, io.isTerminal)}\n${file} is not valid: ${countProblems(loaded.problems)}\n`,
    );
    return 1;
  }
  const listen = loaded.config.listen[0] as ListenConfig;
  const ctx = contextOf(asked, listen);
  if (typeof ctx === "string") {
    io.err(`the gateway would refuse it before any route: ${ctx}\n`);
    return 2;
  }
  const gateway = await compileForShow(loaded);
  if (!(gateway instanceof Gateway)) {
    io.err(`${gateway.join("\n")}\n`);
    return 1;
  }
  const report = await explainRequest(ctx, gateway.snapshot, listen, loaded).finally(() => gateway.close());
  io.out(isJson ? `${JSON.stringify(report, undefined, 2)}\n` : explainText(report));
  return report.outcome === "not-found" || report.outcome === "method-not-allowed" ? 1 : 0;
}

function readCommand(args: readonly string[]): Command | string {
  const flags = readFlags(
    args.map((arg) => (arg === "-H" ? "--header" : arg)),
    FLAGS,
  );
  if (typeof flags === "string") return flags;
  const { words, values } = flags;
  const [method, url, ...rest] = words;
  if (method === undefined || url === undefined) return "say which request: METHOD URL";
  if (rest.length > 0) return `what is ${JSON.stringify(rest[0])}?`;
  const headers: (readonly [string, string])[] = [];
  for (const line of values.get("header") ?? []) {
    const colon = line.indexOf(":");
    if (colon < 1) return `-H ${JSON.stringify(line)}: expected NAME: VALUE`;
    headers.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  const one = (flag: string) => values.get(flag)?.at(-1);
  const asked = { method, url, headers, from: one("from") ?? "127.0.0.1" };
  return { file: one("config") ?? "gateway.yaml", isJson: values.has("json"), asked };
}
