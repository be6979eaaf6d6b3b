import { readFileSync } from "node:fs";
import type { ServiceConfig } from "../config/schema.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { PendingReply } from "../message/pending.ts";
import { parseTargetUrl, type TargetAddress } from "./address.ts";
import { type Balancer, createBalancer } from "./balance/balancer.ts";
import type { UpstreamTls } from "./dial.ts";
import { createResolver } from "./resolve.ts";
import { Target } from "./target.ts";
import { upstreamTimeouts } from "./timeouts.ts";

/** A service at work: its targets and the strategy that chooses among them. */
export interface Service {
  readonly name: string;
  readonly config: ServiceConfig;
  readonly targets: readonly Target[];
  readonly balancer: Balancer<Target>;
}

const NONE_TRIED: readonly Target[] = [];

/** Makes a service from its configuration. Throws if a file of its `tls` cannot be read. */
export function createService(name: string, config: ServiceConfig): Service {
  const timeouts = upstreamTimeouts(config);
  const limits = {
    maxConnections: config.pool["max-connections"],
    maxTunnels: config.pool["max-tunnels"],
    maxIdle: config.pool["max-idle"],
    maxPending: config.pool["max-pending"],
    maxAgeMs: config.pool["max-age"],
  };
  const targets = config.targets.map((entry) => {
    const { url, weight } = typeof entry === "string" ? { url: entry, weight: 1 } : entry;
    const address = parseTargetUrl(url);
    if (address === undefined) throw new Error(`service ${name}: ${url} is not the URL of a target`);
    const resolver = createResolver(address.host, { ttlMs: config["dns-ttl"] });
    const tls = address.isTls ? readTls(config, address) : undefined;
    const options = { weight, preserveHost: config["preserve-host"], limits, timeouts };
    return new Target({ address, resolver, tls }, options);
  });
  const hashOn = config["hash-on"];
  const balancer = createBalancer(config.balance, targets, hashOn === undefined ? {} : { hashOn });
  return { name, config, targets, balancer };
}

/** Chooses the target of the next attempt; throws `no_target_available` if there is none. */
export function selectTarget(service: Service, ctx: Context): void {
  const target = service.balancer.pick(ctx, NONE_TRIED);
  if (target === undefined) throw new GatewayError("no_target_available");
  ctx.service = service.name;
  ctx.selected = target;
  ctx.target = target.url;
}

/** Sends one attempt to the target that `selectTarget` has chosen. */
export function sendToSelected(ctx: Context): PendingReply {
  if (!(ctx.selected instanceof Target)) throw new Error("no target has been selected");
  return ctx.selected.send(ctx);
}

export function closeService(service: Service): void {
  for (const target of service.targets) target.close();
}

function readTls(config: ServiceConfig, address: TargetAddress): UpstreamTls {
  const { tls } = config;
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, "utf8"));
  return {
    ca: read(tls.ca),
    cert: read(tls.cert),
    key: read(tls.key),
    serverName: tls["server-name"] ?? address.host,
    verify: tls.verify,
  };
}
