import { type Contender, installedVersion, type Plan, POOL_SIZE, type Setup } from "../contender.ts";

/** HAProxy with one thread, sharing its upstream connections among all clients. */
export const haproxy: Contender = {
  name: "haproxy",
  install: "apt-get install haproxy",
  version: () => installedVersion(["haproxy", "-v"]),
  plan,
};

function plan({ port, upstreamPort, dir }: Setup): Plan {
  const file = `${dir}/haproxy.cfg`;
  const cfg = `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 3s
  timeout client 60s
  timeout server 60s
  http-reuse always
listen bench
  bind 127.0.0.1:${port}
  server upstream 127.0.0.1:${upstreamPort} pool-max-conn ${POOL_SIZE}
`;
  return { files: { "haproxy.cfg": cfg }, command: ["haproxy", "-db", "-f", file] };
}
