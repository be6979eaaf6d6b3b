import type { DiscoverConfig } from "../../config/schema.ts";
import type { Lookup } from "../resolve.ts";
import type { Clock } from "./clock.ts";
import { consulSource } from "./consul.ts";
import { dnsSource } from "./dns.ts";
import { createDnsClient, lookupBy } from "./dns-client.ts";
import { fileSource } from "./file.ts";
import { kubernetesSource } from "./kubernetes.ts";
import type { Source } from "./source.ts";
import { srvSource } from "./srv.ts";

/** What a service's `discover` asks for; the checks of the configuration see to it that it is exactly one. */
export function openSource(config: DiscoverConfig, dnsTtlMs: number, clock: Clock): Source {
  const { dns, srv, file, consul, kubernetes, scheme, port, servers } = config;
  if (dns !== undefined) {
    const options = { name: dns, port: port ?? defaultPort(scheme), scheme };
    const ttl = { minTtlMs: config["min-ttl"], maxTtlMs: config["max-ttl"] };
    return dnsSource({ ...options, ...ttl }, createDnsClient(servers), clock);
  }
  if (srv !== undefined)
    return srvSource(
      { name: srv, scheme, refreshMs: Math.max(LEAST_REFRESH_MS, dnsTtlMs) },
      createDnsClient(servers),
      clock,
    );
  if (file !== undefined) return fileSource({ path: file });
  if (consul !== undefined) return consulSource({ ...consul, scheme }, clock);
  if (kubernetes === undefined) throw new Error("discover names no source");
  return kubernetesSource(
    {
      ...kubernetes,
      scheme,
      tokenFile: kubernetes["token-file"] ?? `${POD_FILES}/token`,
      caFile: kubernetes["ca-file"] ?? `${POD_FILES}/ca.crt`,
      namespaceFile: `${POD_FILES}/namespace`,
    },
    clock,
  );
}

/** How the names of found targets are resolved: by the servers that have told them; undefined: as all other names. */
export function lookupOf(config: DiscoverConfig | undefined): Lookup | undefined {
  if (config?.srv === undefined || config.servers === undefined) return undefined;
  const client = createDnsClient(config.servers);
  return (host) => lookupBy(client, host);
}

const LEAST_REFRESH_MS = 1_000;
/** Where a pod finds what it needs to speak to the API server. */
const POD_FILES = "/var/run/secrets/kubernetes.io/serviceaccount";

function defaultPort(scheme: "http" | "https"): number {
  return scheme === "https" ? 443 : 80;
}
