import { type Contender, installedVersion, MAX_CONNECTIONS, type Plan, POOL_SIZE, type Setup } from "../contender.ts";
import type { Secured } from "../secured.ts";

/** HAProxy with one thread, sharing its upstream connections among all clients. */
export const haproxy: Contender = {
  name: "haproxy",
  install: "apt-get install haproxy",
  version: () => installedVersion(["haproxy", "-v"]),
  plan: (setup) => plan(setup, ""),
};

/** The same with a signature to verify, and requests counted by subject in a table of its own. */
export const haproxyJwt: Contender = {
  ...haproxy,
  name: "haproxy-jwt",
  scenarios: ["jwt"],
  isSecured: true,
  plan: (setup) => plan(setup, setup.secured ? securedBy(setup.secured) : ""),
};

function securedBy({ publicKeyFile, limit }: Secured): string {
  return `  stick-table type string len 64 size 100k expire 1h store http_req_rate(1h)
  http-request set-var(txn.now) date()
  http-request deny deny_status 401 unless { http_auth_bearer,jwt_verify("RS256","${publicKeyFile}") 1 }
  http-request deny deny_status 401 unless { http_auth_bearer,jwt_payload_query('$.exp','int'),sub(txn.now) gt 0 }
  http-request track-sc0 http_auth_bearer,jwt_payload_query('$.sub')
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt ${limit} }
`;
}

/**
 * Without strict limits it starts with as many open files as it gets: half of what it asks for is enough here.
 * It keeps upstream connections whatever the share of open files: by default, beside 10,000 clients, it would keep none.
 */
function plan({ port, barePort, tlsPort, certificate, upstreamPort, dir }: Setup, rules: string): Plan {
  const file = `${dir}/haproxy.cfg`;
  const server = `server upstream 127.0.0.1:${upstreamPort} pool-max-conn ${POOL_SIZE}`;
  const tls = certificate && `  bind 127.0.0.1:${tlsPort} ssl crt ${certificate.pairFile} ssl-min-ver TLSv1.3\n`;
  const cfg = `global
  nbthread 1
  no strict-limits
  maxconn ${MAX_CONNECTIONS}
  tune.pool-low-fd-ratio 100
  tune.pool-high-fd-ratio 100
defaults
  mode http
  timeout connect 3s
  timeout client 1h
  timeout http-keep-alive 1h
  timeout server 60s
  http-reuse always
listen bench
  bind 127.0.0.1:${port}
${tls ?? ""}${rules}  option forwardfor
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header Forwarded for=%[src];host=%[req.hdr(host)];proto=%[ssl_fc,iif(https,http)]
  http-request set-header Via "%[req.ver] haproxy"
  http-request set-header Host 127.0.0.1:${upstreamPort}
  ${server}
listen bare
  bind 127.0.0.1:${barePort}
  ${server}
`;
  return { files: { "haproxy.cfg": cfg }, command: ["haproxy", "-db", "-f", file] };
}
