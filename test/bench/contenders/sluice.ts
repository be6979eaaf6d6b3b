import { join } from "node:path";
import { execPath } from "node:process";
import packageJson from "../../../package.json" with { type: "json" };
import { ConfigSchema } from "../../../src/config/schema.ts";
import { type Contender, MAX_CONNECTIONS, type Plan, POOL_SIZE, type Setup } from "../contender.ts";
import { redisVersion, type Secured } from "../secured.ts";

const main = join(import.meta.dir, "../../../src/main.ts");
const blind = join(import.meta.dir, "../blind.ts");

/** Sluice as its users run it: one worker, one service, one route, no plugins; and one more route with a cache. */
export const sluice: Contender = {
  name: "sluice",
  install: "part of this project",
  version: () => `${packageJson.version} on Bun ${Bun.version}`,
  plan,
};

/** The same with tokens, a blacklist and a limit that it shares with others over Redis. */
export const sluiceJwt: Contender = {
  ...sluice,
  name: "sluice-jwt",
  scenarios: ["jwt"],
  isSecured: true,
  install: "apt-get install redis-server",
  version: () => {
    const redis = redisVersion();
    return redis && `${sluice.version()} with Redis ${redis}`;
  },
  plan: (setup) => plan(setup, setup.secured && securedBy(setup.secured)),
};

/** The same with nothing counted of a request. */
export const sluiceBlind: Contender = {
  ...sluice,
  name: "sluice-blind",
  scenarios: ["observed"],
  plan: (setup) => plan(setup, "", { program: blind }),
};

/** The same with metrics, a line in a file for each request, and one of a hundred traced. */
export const sluiceObserved: Contender = {
  ...sluice,
  name: "sluice-observed",
  scenarios: ["observed"],
  plan: (setup) => plan(setup, observedBy(setup), { level: "info", logFile: `${setup.dir}/log` }),
};

/** The upstream takes the traces, and forgets them. */
function observedBy({ upstreamPort }: Setup): string {
  const isTraced = "telemetry" in ConfigSchema.properties;
  const telemetry = `telemetry: { otlp: "http://127.0.0.1:${upstreamPort}", sampling: 1% }\n`;
  return `plugins: { access-log: {} }\n${isTraced ? telemetry : ""}`;
}

function securedBy({ publicKeyFile, limit, redisPort }: Secured): string {
  return `redis: { url: "redis://127.0.0.1:${redisPort}", command-timeout: 1s }
plugins:
  jwt: { public-key: ${publicKeyFile}, algorithms: [RS256], blacklist: { mode: check } }
  rate-limit: { limit: ${limit}, window: 1h, key: principal }
`;
}

interface Run {
  readonly program?: string;
  readonly level?: string;
  /** Where its standard output goes. */
  readonly logFile?: string;
}

/** Sluice always sets its fields: its bare port is a port like the other. */
function plan(setup: Setup, more = "", { program = main, level = "warn", logFile }: Run = {}): Plan {
  const { port, barePort, tlsPort, certificate, adminPort, upstreamPort, dir } = setup;
  const rest = `limits: { connections: ${MAX_CONNECTIONS} }, timeouts: { keep-alive: 1h }`;
  const tls = certificate && `tls: { cert: ${certificate.certFile}, key: ${certificate.keyFile}, min-version: "1.3" }`;
  const yaml = `listen:
  - { host: 127.0.0.1, port: ${port}, ${rest} }
  - { host: 127.0.0.1, port: ${barePort}, ${rest} }
${tls === undefined ? "" : `  - { host: 127.0.0.1, port: ${tlsPort}, ${tls}, ${rest} }\n`}admin: { host: 127.0.0.1, port: ${adminPort} }
log: { level: ${level}, format: json }
services:
  bench:
    targets: ["http://127.0.0.1:${upstreamPort}"]
    pool: { max-connections: ${POOL_SIZE}, max-idle: ${POOL_SIZE} }
routes:
  - { path: /*, service: bench }
  - { path: /cached/*, service: bench, plugins: { cache: {} } }
${more}`;
  const command = [execPath, program, "start", "--config", `${dir}/gateway.yaml`];
  const files = { "gateway.yaml": yaml };
  return logFile === undefined ? { files, command } : { files, command: ["sh", "-c", TO_FILE, logFile, ...command] };
}

const TO_FILE = 'exec "$@" > "$0"';
