import { readFileSync } from "node:fs";
import type { ServiceConfig } from "../config/schema.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { PendingReply } from "../message/pending.ts";
import { createNullLogger } from "../observe/log.ts";
import type { Logger } from "../observe/logger.ts";
import { parseTargetUrl } from "./address.ts";
import { type Balancer, createBalancer } from "./balance/balancer.ts";
import { type DeadlineHeader, deadlineHeader } from "./deadline.ts";
import type { UpstreamTls } from "./dial.ts";
import { type Clock, systemClock } from "./discovery/clock.ts";
import { Discovery } from "./discovery/discovery.ts";
import { Membership } from "./discovery/membership.ts";
import { lookupOf, openSource } from "./discovery/open-source.ts";
import { HealthMonitor } from "./health/monitor.ts";
import { type ServiceHealth, serviceHealth } from "./health/service-health.ts";
import type { HealthSharing } from "./health/sharing.ts";
import type { UpstreamLasting } from "./health/tools.ts";
import { createResolver } from "./resolve.ts";
import { Target } from "./target.ts";
import { upstreamTimeouts } from "./timeouts.ts";

/** A service at work: its targets and the strategy that chooses among them. */
export interface Service {
  readonly name: string;
  readonly config: ServiceConfig;
  /** Replaced, together with the balancer, when discovery finds others. */
  targets: readonly Target[];
  balancer: Balancer<Target>;
  /** Follows the targets that come and go; undefined if there are none. */
  discovery: Discovery | undefined;
  /** Undefined: its targets are not told how long they have. */
  readonly deadline: DeadlineHeader | undefined;
  readonly health: ServiceHealth;
  readonly monitor: HealthMonitor;
}

/** Forgets everything with the service. */
const NOTHING_LASTS: UpstreamLasting = { log: createNullLogger(), now: Date.now, state: (_, create) => create() };

/** Makes a service from its configuration. Throws if a file of its `tls` cannot be read. */
export function createService(name: string, config: ServiceConfig, lasting = NOTHING_LASTS): Service {
  const health = serviceHealth(name, config, lasting);
  const create = targetFactory(name, config, health);
  const targets = config.targets.map((entry) => {
    return typeof entry === "string" ? create(entry, 1) : create(entry.url, entry.weight);
  });
  health.follow(targets);
  return {
    name,
    config,
    targets,
    balancer: balancerOf(config, targets, health),
    discovery: undefined,
    deadline: deadlineOf(config),
    health,
    monitor: new HealthMonitor(name, config),
  };
}

/**
 * Begins to watch how its targets are.
 *
 * @param sharing where several processes serve: whether this one asks the targets, and how it tells the others
 */
export function watchHealth({ monitor, targets }: Service, sharing?: HealthSharing): void {
  monitor.start(targets, sharing);
}

/**
 * Begins to follow the targets that come and go. Resolves when the first answer is there, or has failed; never rejects.
 */
export async function discoverTargets(service: Service, log: Logger, clock: Clock = systemClock): Promise<void> {
  const { name, config, health } = service;
  if (config.discover === undefined) return;
  const members = new Membership(service.targets, targetFactory(name, config, health), clock.now);
  const onChange = () => {
    service.targets = members.targets;
    health.follow(service.targets);
    service.monitor.watch(service.targets);
    service.balancer = balancerOf(config, service.targets, health);
  };
  const source = openSource(config.discover, config["dns-ttl"], clock);
  service.discovery = new Discovery({ service: name, source, members, onChange, log, clock });
  await service.discovery.start();
}

/**
 * Chooses the target of the next attempt, another one than before and none of the URLs that are avoided, while there is
 * one. Throws `no_target_available` if there is none, `upstream_timeout` if the request's time is over.
 */
export function selectTarget(service: Service, ctx: Context, avoided: ReadonlySet<string> = NONE_AVOIDED): void {
  if (isOver(ctx)) throw new GatewayError("upstream_timeout", { detail: "The time for the request is over" });
  const tried = ctx.triedTargets() as readonly Target[];
  const shunned = avoided.size === 0 ? NO_TARGETS : service.targets.filter(({ url }) => avoided.has(url));
  let earlier = tried;
  let target = service.balancer.pick(ctx, shunned.length === 0 ? tried : [...tried, ...shunned]);
  if (target !== undefined && (tried.includes(target) || shunned.includes(target))) {
    // All others have been tried: it begins again, but not with the same one twice in a row.
    earlier = tried.slice(0, 0);
    if (tried.length > 1) target = service.balancer.pick(ctx, [...tried.slice(-1), ...shunned]);
  }
  if (target !== undefined && shunned.includes(target)) target = service.balancer.pick(ctx, shunned);
  if (target === undefined) throw new GatewayError("no_target_available");
  ctx.service = service.name;
  ctx.select(target, earlier);
}

const NONE_AVOIDED: ReadonlySet<string> = new Set();
const NO_TARGETS: readonly Target[] = [];

function isOver({ deadlineAt }: Context): boolean {
  return deadlineAt !== Number.POSITIVE_INFINITY && deadlineAt <= performance.now();
}

/** Sends one attempt to the target that `selectTarget` has chosen. */
export function sendToSelected(ctx: Context): PendingReply {
  if (!(ctx.selected instanceof Target)) throw new Error("no target has been selected");
  return ctx.selected.send(ctx);
}

export function closeService(service: Service): void {
  service.discovery?.stop();
  service.monitor.stop();
  for (const target of service.targets) target.close();
}

function balancerOf(config: ServiceConfig, targets: readonly Target[], service: ServiceHealth): Balancer<Target> {
  const isWatched = config.health !== undefined || config["outlier-detection"] !== undefined;
  const isUsable = ({ health }: Target) => health.isUsable || service.isPanicking;
  return createBalancer(config.balance, targets, {
    hashOn: config["hash-on"],
    ...(isWatched ? { isUsable } : {}),
    ...(config["slow-start"] === 0 ? {} : { shareOf: ({ health }) => (health.isWarming ? health.share : 1) }),
  });
}

function deadlineOf(config: ServiceConfig): DeadlineHeader | undefined {
  const name = config["deadline-header"];
  return name === undefined ? undefined : deadlineHeader(name, config.timeouts.total);
}

/** Makes the targets of a service, all with the same limits. */
function targetFactory(
  name: string,
  config: ServiceConfig,
  health: ServiceHealth,
): (url: string, weight: number) => Target {
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
  if (config.discover?.scheme === "https") files();
  return (url, weight) => {
    const address = parseTargetUrl(url);
    if (address === undefined) throw new Error(`service ${name}: ${url} is not the URL of a target`);
    const resolver = createResolver(address.host, resolving);
    const tls = address.isTls ? { ...files(), serverName: config.tls["server-name"] ?? address.host } : undefined;
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
}

/** The files of its `tls`, read when a target needs them for the first time. */
function tlsFiles({ tls }: ServiceConfig): () => Omit<UpstreamTls, "serverName"> {
  const read = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, "utf8"));
  let known: Omit<UpstreamTls, "serverName"> | undefined;
  return () => {
    known ??= { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key), verify: tls.verify };
    return known;
  };
}
