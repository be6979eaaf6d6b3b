import { join } from "node:path";
import { execPath } from "node:process";
import packageJson from "../../../package.json" with { type: "json" };
import { type Contender, MAX_CONNECTIONS, type Plan, POOL_SIZE, type Setup } from "../contender.ts";
import { redisVersion, type Secured } from "../secured.ts";

const main = join(import.meta.dir, "../../../src/main.ts");

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

function securedBy({ publicKeyFile, limit, redisPort }: Secured): string {
  return `redis: { url: "redis://127.0.0.1:${redisPort}", command-timeout: 1s }
plugins:
  jwt: { public-key: ${publicKeyFile}, algorithms: [RS256], blacklist: { mode: check } }
  rate-limit: { limit: ${limit}, window: 1h, key: principal }
`;
}

/** Sluice always sets its fields: its bare port is a port like the other. */
function plan({ port, barePort, tlsPort, certificate, adminPort, upstreamPort, dir }: Setup, more = ""): Plan {
  const rest = `limits: { connections: ${MAX_CONNECTIONS} }, timeouts: { keep-alive: 1h }`;
  const tls = certificate && `tls: { cert: ${certificate.certFile}, key: ${certificate.keyFile}, min-version: "1.3" }`;
  const yaml = `listen:
  - { host: 127.0.0.1, port: ${port}, ${rest} }
  - { host: 127.0.0.1, port: ${barePort}, ${rest} }
${tls === undefined ? "" : `  - { host: 127.0.0.1, port: ${tlsPort}, ${tls}, ${rest} }\n`}admin: { host: 127.0.0.1, port: ${adminPort} }
log: { level: warn, format: json }
services:
  bench:
    targets: ["http://127.0.0.1:${upstreamPort}"]
    pool: { max-connections: ${POOL_SIZE}, max-idle: ${POOL_SIZE} }
routes:
  - { path: /*, service: bench }
  - { path: /cached/*, service: bench, plugins: { cache: {} } }
${more}`;
  return { files: { "gateway.yaml": yaml }, command: [execPath, main, "start", "--config", `${dir}/gateway.yaml`] };
}
