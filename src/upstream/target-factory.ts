import { readFileSync } from "node:fs";
import type { ServiceConfig } from "../config/schema.ts";
import { parseTargetUrl } from "./address.ts";
import { type DeadlineHeader, deadlineHeader } from "./deadline.ts";
import type { UpstreamTls } from "./dial.ts";
import { lookupOf } from "./discovery/open-source.ts";
import type { ServiceHealth } from "./health/service-health.ts";
import { createResolver } from "./resolve.ts";
import { Target } from "./target.ts";
import { upstreamTimeouts } from "./timeouts.ts";

/** Makes the targets of a service, all with the same limits. */
export interface TargetFactory {
  /** All that its targets depend on besides their URL and weight; two factories with equal settings make equal targets. */
  readonly settings: unknown;
  create(url: string, weight: number): Target;
}

/** Throws if a file of the service's `tls` cannot be read. */
export function targetFactory(name: string, config: ServiceConfig, health: ServiceHealth): TargetFactory {
  const timeouts = upstreamTimeouts(config);
  const limits = {
    maxConnections: config.pool["max-connections"],
    maxTunnels: config.pool["max-tunnels"],
    maxIdle: config.pool["max-idle"],
    maxPending: config.pool["max-pending"],
    maxAgeMs: config.pool["max-age"],
  };
  const deadline = deadlineOf(config);
  const lookup = lookupOf(config.discover);
  const resolving = { ttlMs: config["dns-ttl"], ...(lookup === undefined ? {} : { lookup }) };
  const files = tlsFiles(config);
  const create = (url: string, weight: number) => {
    const address = parseTargetUrl(url);
    if (address === undefined) throw new Error(`service ${name}: ${url} is not the URL of a target`);
    const resolver = createResolver(address.host, resolving);
    const tls = address.isTls ? { ...files, serverName: config.tls["server-name"] ?? address.host } : undefined;
    const options = {
      weight,
      preserveHost: config["preserve-host"],
      limits,
      timeouts,
      deadline,
      health: health.get(address.url),
    };
    return new Target({ address, resolver, tls }, options);
  };
  return { settings: settingsOf(config, files), create };
}

/** Undefined: its targets are not told how long they have. */
export function deadlineOf(config: ServiceConfig): DeadlineHeader | undefined {
  const name = config["deadline-header"];
  return name === undefined ? undefined : deadlineHeader(name, config.timeouts.total);
}

/** Files by what is in them: a renewed certificate is another setting. */
function settingsOf(config: ServiceConfig, files: Omit<UpstreamTls, "serverName">): unknown {
  const { pool, timeouts, tls, discover } = config;
  const servers = discover?.srv === undefined ? undefined : discover.servers;
  const names = [config["preserve-host"], config["deadline-header"], config["dns-ttl"], tls["server-name"]];
  return { pool, timeouts, files, servers, names };
}

/** Only where a target needs them. */
function tlsFiles({ tls, targets, discover }: ServiceConfig): Omit<UpstreamTls, "serverName"> {
  const isNeeded = discover?.scheme === "https" || targets.some((entry) => /^https:/i.test(urlOf(entry)));
  const read = (file: string | undefined) => (file === undefined || !isNeeded ? undefined : readFileSync(file, "utf8"));
  return { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key), verify: tls.verify };
}

type TargetEntry = ServiceConfig["targets"][number];

export function urlOf(entry: TargetEntry): string {
  return typeof entry === "string" ? entry : entry.url;
}

export function weightOf(entry: TargetEntry): number {
  return typeof entry === "string" ? 1 : entry.weight;
}
