import { join } from "node:path";
import { execPath } from "node:process";
import packageJson from "../../../package.json" with { type: "json" };
import { type Contender, type Plan, POOL_SIZE, type Setup } from "../contender.ts";

const main = join(import.meta.dir, "../../../src/main.ts");

/** Sluice as its users run it: one worker, one service, one route, no plugins. */
export const sluice: Contender = {
  name: "sluice",
  install: "part of this project",
  version: () => `${packageJson.version} on Bun ${Bun.version}`,
  plan,
};

function plan({ port, adminPort, upstreamPort, dir }: Setup): Plan {
  const yaml = `listen: { host: 127.0.0.1, port: ${port} }
admin: { host: 127.0.0.1, port: ${adminPort} }
log: { level: warn, format: json }
services:
  bench:
    targets: ["http://127.0.0.1:${upstreamPort}"]
    pool: { max-connections: ${POOL_SIZE}, max-idle: ${POOL_SIZE} }
routes:
  - { path: /*, service: bench }
`;
  return { files: { "gateway.yaml": yaml }, command: [execPath, main, "start", "--config", `${dir}/gateway.yaml`] };
}
