import { type Contender, installedVersion, MAX_CONNECTIONS, type Plan, type Setup } from "../contender.ts";

/** What the other caches do by themselves: replies are kept although requests have a cookie and a token. */
const RECEIVE = `sub vcl_recv {
  if (req.url ~ "^/cached/" && req.method == "GET") { return (hash); }
  return (pass);
}`;

/** Varnish, as a cache alone: it takes part where replies come out of the gateway's own. */
export const varnish: Contender = {
  name: "varnish",
  scenarios: ["cached", "cached-large"],
  install: "apt-get install varnish",
  version: () => installedVersion(["varnishd", "-V"]),
  plan,
};

function plan({ port, upstreamPort, dir }: Setup): Plan {
  const vcl = `vcl 4.1;
backend bench { .host = "127.0.0.1"; .port = "${upstreamPort}"; }
${RECEIVE}
`;
  const parameters = {
    // Idle clients stay, as with the others, and all of them find a thread.
    timeout_idle: "3600",
    thread_pools: "1",
    thread_pool_min: "100",
    thread_pool_max: String(MAX_CONNECTIONS),
  };
  // A jail would be another user, who may not enter the folder.
  const command = ["varnishd", "-j", "none", "-F", "-n", `${dir}/work`, "-f", `${dir}/bench.vcl`];
  const options = Object.entries(parameters).flatMap(([name, value]) => ["-p", `${name}=${value}`]);
  return {
    files: { "bench.vcl": vcl },
    // Nothing listens for its administrator.
    command: [...command, "-a", `127.0.0.1:${port}`, "-T", "none", "-s", "malloc,256m", ...options],
  };
}
