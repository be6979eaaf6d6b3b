import { type Contender, installedVersion, type Plan, POOL_SIZE, type Setup } from "../contender.ts";

/** Caddy with one thread for Go code, without its admin endpoint. */
export const caddy: Contender = {
  name: "caddy",
  install: "apt-get install caddy",
  version: () => installedVersion(["caddy", "version"]),
  plan,
};

function plan({ port, upstreamPort, dir }: Setup): Plan {
  const proxy = {
    handler: "reverse_proxy",
    upstreams: [{ dial: `127.0.0.1:${upstreamPort}` }],
    transport: {
      protocol: "http",
      compression: false,
      keep_alive: { enabled: true, max_idle_conns: POOL_SIZE, max_idle_conns_per_host: POOL_SIZE },
    },
  };
  const server = {
    listen: [`127.0.0.1:${port}`],
    automatic_https: { disable: true },
    routes: [{ handle: [proxy] }],
  };
  const config = {
    admin: { disabled: true, config: { persist: false } },
    logging: { logs: { default: { level: "WARN" } } },
    apps: { http: { servers: { bench: server } } },
  };
  return {
    files: { "caddy.json": JSON.stringify(config, undefined, 2) },
    command: ["caddy", "run", "--config", `${dir}/caddy.json`],
    env: { GOMAXPROCS: "1", HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir },
  };
}
