/**
 * The demo: three services and a gateway in front of them. It prints what to try and runs until Ctrl-C; with `--once`
 * it tries everything itself and exits with 0, or with 1 if a reply was not what it should be.
 */
import type { AnyElysia } from "elysia";
import { createCatalog } from "./catalog.ts";
import { type GatewayProcess, startGateway } from "./gateway-process.ts";
import { makeKeys } from "./keys.ts";
import { createOrders } from "./orders.ts";
import { portFrom, startService } from "./serve.ts";
import { TRIES } from "./tries.ts";
import { curlFor, run } from "./try.ts";
import { createUsers } from "./users.ts";

const args = process.argv.slice(2);
const isOnce = args.includes("--once");

if (args.some((arg) => arg !== "--once")) {
  console.error("usage: bun run demo [--once]");
  process.exit(2);
}

/** What a signal does: at first it ends everything at once, and later it ends the gateway in good order. */
let quit = (): void => process.exit(130);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => quit());

try {
  process.exit(await main());
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

async function main(): Promise<number> {
  const keys = makeKeys();
  const env = {
    JWT_PUBLIC_KEY: keys.publicKey,
    USERS_URL: start("users", createUsers(), 4001),
    CATALOG_URL: start("catalog", createCatalog(), 4002),
    ORDERS_URL: start("orders", createOrders(), 4003),
  };
  const lines: string[] = [];
  const gateway = await startGateway({
    env,
    onLine: isOnce ? (line) => lines.push(line) : (line) => console.log(line),
    onProgress: (text) => console.log(text),
  }).catch((error: unknown) => {
    for (const line of lines) console.error(line);
    throw explained(error);
  });
  console.log(`gateway: ${gateway.public} (admin: ${gateway.admin})\n`);
  const { token, tokenCommand } = keys;
  return isOnce ? await tryAll({ ...gateway, token }, lines) : await serve(gateway, tokenCommand);
}

function start(name: string, app: AnyElysia, fallbackPort: number): string {
  const variable = `${name.toUpperCase()}_PORT`;
  try {
    const { url } = startService(app, portFrom(variable, fallbackPort));
    console.log(`${name}: ${url}`);
    return url;
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}; ${variable} chooses another`);
  }
}

function explained(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  return new Error(`${text}; if a port is in use, PORT and ADMIN_PORT choose others`);
}

/** Prints what to try and waits for Ctrl-C, or for the gateway to end. */
async function serve(gateway: GatewayProcess, tokenCommand: string): Promise<number> {
  console.log(`# A token for what is private\nTOKEN=$(${tokenCommand})\n`);
  for (const attempt of TRIES) console.log(`# ${attempt.title}\n${curlFor(attempt, gateway)}\n`);
  console.log("Ctrl-C ends the demo. What follows is the gateway's log.\n");
  const asked = Promise.withResolvers<"asked">();
  quit = () => asked.resolve("asked");
  if ((await Promise.race([asked.promise, gateway.ended])) !== "asked") {
    console.error("demo: the gateway ended by itself");
    return 1;
  }
  console.log("ending");
  await gateway.stop();
  return 0;
}

/** Tries everything; 0 if all replies were right. */
async function tryAll(gateway: GatewayProcess, lines: readonly string[]): Promise<number> {
  let failures = 0;
  for (const attempt of TRIES) {
    const wrong = await run(attempt, gateway);
    if (wrong !== undefined) failures += 1;
    console.log(`${wrong === undefined ? "ok  " : "FAIL"} ${attempt.status} ${curlFor(attempt, gateway)}`);
    if (wrong !== undefined) console.log(`     ${wrong}`);
  }
  const code = await gateway.stop();
  if (code !== 0) console.log(`FAIL the gateway ended with code ${code}`);
  if (failures === 0 && code === 0) return 0;
  for (const line of lines) console.error(line);
  return 1;
}
