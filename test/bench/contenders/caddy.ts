import { type Contender, installedVersion, type Plan, POOL_SIZE, type Setup } from "../contender.ts";

/** Caddy with one thread for Go code, without its admin endpoint. */
export const caddy: Contender = {
  name: "caddy",
  install: "apt-get install caddy",
  version: () => installedVersion(["caddy", "version"]),
  plan,
};

/** X-Forwarded-For, -Proto and -Host are set by Caddy unasked, at the bare port too. */
function plan({ port, barePort, tlsPort, certificate, upstreamPort, dir }: Setup): Plan {
  const bare = {
    handler: "reverse_proxy",
    upstreams: [{ dial: `127.0.0.1:${upstreamPort}` }],
    transport: {
      protocol: "http",
      compression: false,
      keep_alive: { enabled: true, max_idle_conns: POOL_SIZE, max_idle_conns_per_host: POOL_SIZE },
    },
  };
  const set = {
    Host: ["{http.reverse_proxy.upstream.hostport}"],
    Forwarded: ["for={http.request.remote.host};host={http.request.host};proto={http.request.scheme}"],
    Via: ["1.1 caddy"],
  };
  const full = { ...bare, headers: { request: { set } } };
  const servers = {
    bench: serverOf(port, full),
    bare: serverOf(barePort, bare),
    ...(certificate && { tls: { ...serverOf(tlsPort, full), tls_connection_policies: [{ protocol_min: "tls1.3" }] } }),
  };
  const pair = certificate && { certificate: certificate.certFile, key: certificate.keyFile };
  const config = {
    admin: { disabled: true, config: { persist: false } },
    logging: { logs: { default: { level: "WARN" } } },
    apps: {
      http: { servers },
      ...(pair && { tls: { certificates: { load_files: [pair] } } }),
    },
  };
  return {
    files: { "caddy.json": JSON.stringify(config, undefined, 2) },
    command: ["caddy", "run", "--config", `${dir}/caddy.json`],
    env: { GOMAXPROCS: "1", HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir },
  };
}

function serverOf(port: number, proxy: object): object {
  return {
    listen: [`127.0.0.1:${port}`],
    automatic_https: { disable: true },
    idle_timeout: "1h",
    protocols: ["h1"],
    routes: [{ handle: [proxy] }],
  };
}
