#!/usr/bin/env bun
import { ADMIN_USAGE } from "./cli/admin-access.ts";
import { canary } from "./cli/canary.ts";
import { check } from "./cli/check.ts";
import { explain } from "./cli/explain.ts";
import type { CliIo } from "./cli/io.ts";
import { key } from "./cli/key.ts";
import { newThing } from "./cli/new.ts";
import { openapi } from "./cli/openapi.ts";
import { plan } from "./cli/plan.ts";
import { purge } from "./cli/purge.ts";
import { ready } from "./cli/ready.ts";
import { revoke } from "./cli/revoke.ts";
import { routes } from "./cli/routes.ts";
import { schema } from "./cli/schema.ts";
import { start } from "./cli/start.ts";
import { token } from "./cli/token.ts";
import { worker } from "./cli/worker.ts";
import { writeAll } from "./cli/write-all.ts";
import { didYouMean } from "./config/nearest.ts";

/** Every command by its name; a command answers with the exit code. */
const commands: Readonly<Record<string, (args: readonly string[], io: CliIo) => Promise<number>>> = {
  start,
  check,
  routes,
  explain,
  ready,
  plan,
  schema,
  token,
  revoke,
  key,
  purge,
  canary,
  openapi,
  new: newThing,
  worker,
};

const USAGE = `usage: bun run gateway COMMAND

  start [--config FILE] [--watch]
                               run the gateway (gateway.yaml unless told)
  check [FILE]                 print every problem of a configuration, or a summary
  routes [--config FILE] [--json]
                               print every route with its services and plugins
  explain METHOD URL [-H 'NAME: VALUE'] [--from ADDRESS] [--config FILE] [--json]
                               say what a configuration makes of a request, without sending anything
  explain METHOD URL --sign [--for 1m] | --id ID
                               let the gateway that runs explain a request that is sent to it, and print that
  ready [--config FILE]        say whether the gateway on this machine is ready, for health checks
  plan [--config FILE] [--json] print what a configuration would change in the gateway that runs
  schema [--write | --check]   print the JSON Schema of gateway.yaml, or bring the generated files up to date
  token --new-key DIR          make a key pair for development
  token --key FILE [--sub SUB] [--scope "A B"] [--issuer ISS] [--audience AUD] [--expires 1h] [--claim NAME=VALUE]
        [--kid KID] [--alg ALG]
                               print a token that the key has signed
  revoke --jti ID | --token TOKEN | --subject SUB [--before TIME] | --kid KID   [--until TIME] [--undo] [--config FILE]
                               refuse tokens from now on, in Redis or in the gateway that runs
  key issue [--owner NAME] [--scopes A,B] [--tier NAME] [--expires-in 90d] [--metadata NAME=VALUE] [--for-file]
  key list | rotate ID [--grace 24h] | revoke ID   [--config FILE] [--json]
                               change the API keys, in Redis or in the gateway that runs
  purge --url URL | --key KEY | --prefix URL | --tag TAG | --all   [--soft] [--config FILE]
                               remove stored replies from the gateways that run
  canary list | promote ROUTE | pause ROUTE | resume ROUTE | abort ROUTE   [--json] [--config FILE]
                               tell how new versions are doing in the gateway that runs, and decide about them
  openapi merge [-o FILE] [--document NAME] [--config FILE]
  openapi report [--json] [--config FILE]
  openapi diff OLD NEW         the one document of all services: make it, see how it is doing, compare two
  new plugin NAME [--in FOLDER]
                               write a plugin to begin with, and its test

Those that ask a gateway that runs, where its admin port serves https: ${ADMIN_USAGE}
`;

/** Where Bun keeps the files of a program that `bun build --compile` has made: it needs no word for its main file. */
const IN_ONE_FILE = "/$bunfs/";

const io: CliIo = {
  out: (text) => writeAll(1, text),
  err: (text) => writeAll(2, text),
  onStop: (listener) => {
    process.on("SIGTERM", listener);
    process.on("SIGINT", listener);
  },
  onReload: (listener) => void process.on("SIGHUP", listener),
  pid: process.pid,
  program: Bun.main.startsWith(IN_ONE_FILE) ? [process.execPath] : [process.execPath, Bun.main],
  parent:
    process.send === undefined
      ? undefined
      : {
          send: (message) => void (process.connected && process.send?.(message)),
          onMessage: (listener) => void process.on("message", listener),
          onDisconnect: (listener) => {
            if (process.connected) process.on("disconnect", listener);
            else listener();
          },
        },
  onFault: (listener) => {
    process.on("unhandledRejection", listener);
    process.on("uncaughtException", listener);
  },
  onExit: (listener) => void process.on("exit", listener),
  usage: () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    return {
      uptimeSeconds: process.uptime(),
      residentBytes: rss,
      cpuSeconds: (user + system) / 1_000_000,
      heapUsedBytes: heapUsed,
      heapSizeBytes: heapTotal,
      externalBytes: external,
    };
  },
  env: process.env,
  cwd: process.cwd(),
  isTerminal: process.stdout.isTTY === true,
};

function hint(name: string): string {
  const guess = didYouMean(name, Object.keys(commands));
  return guess === undefined ? "" : `: ${guess}`;
}

const [name = "help", ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  const isHelp = name === "help" || name === "--help" || name === "-h";
  if (isHelp) io.out(USAGE);
  else io.err(`unknown command ${JSON.stringify(name)}${hint(name)}\n\n${USAGE}`);
  process.exit(isHelp ? 0 : 2);
}
process.exitCode = await command(args, io);
// Idle upstream connections and the like must not keep a gateway that has stopped.
process.exit();
