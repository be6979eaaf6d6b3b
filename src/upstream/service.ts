import type { ServiceConfig } from "../config/schema.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { PendingReply } from "../message/pending.ts";
import { createNullLogger } from "../observe/log.ts";
import type { Logger } from "../observe/logger.ts";
import { type Balancer, createBalancer } from "./balance/balancer.ts";
import type { DeadlineHeader } from "./deadline.ts";
import { type Clock, systemClock } from "./discovery/clock.ts";
import { Discovery } from "./discovery/discovery.ts";
import { Membership } from "./discovery/membership.ts";
import { openSource } from "./discovery/open-source.ts";
import { HealthMonitor } from "./health/monitor.ts";
import { type ServiceHealth, serviceHealth } from "./health/service-health.ts";
import type { HealthSharing } from "./health/sharing.ts";
import type { UpstreamLasting } from "./health/tools.ts";
import { Target } from "./target.ts";
import { deadlineOf, type TargetFactory, targetFactory, urlOf, weightOf } from "./target-factory.ts";
import { refuseLoop } from "./write-head.ts";

/** How the targets that come and go are followed. */
export interface Following {
  readonly discovery: Discovery;
  readonly members: Membership;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * A service at work: its targets and the strategy that chooses among them. It lives as long as there is a service of that
 * name: another configuration changes it, between two requests.
 */
export interface Service {
  readonly name: string;
  config: ServiceConfig;
  /** Replaced, together with the balancer, when discovery finds others. */
  targets: readonly Target[];
  balancer: Balancer<Target>;
  /** Makes its targets. */
  factory: TargetFactory;
  /** Undefined if no targets come and go. */
  following: Following | undefined;
  /** Undefined: its targets are not told how long they have. */
  deadline: DeadlineHeader | undefined;
  readonly health: ServiceHealth;
  monitor: HealthMonitor;
}

/** Forgets everything with the service. */
const NOTHING_LASTS: UpstreamLasting = { log: createNullLogger(), now: Date.now, state: (_, create) => create() };

/** Makes a service from its configuration. Throws if a file of its `tls` cannot be read. */
export function createService(name: string, config: ServiceConfig, lasting = NOTHING_LASTS): Service {
  const health = serviceHealth(name, lasting);
  health.configure(config);
  const factory = targetFactory(name, config, health);
  const targets = config.targets.map((entry) => factory.create(urlOf(entry), weightOf(entry)));
  health.follow(targets);
  return {
    name,
    config,
    targets,
    balancer: balancerOf(config, targets, health),
    factory,
    following: undefined,
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
  const { config, factory, targets } = service;
  if (config.discover === undefined) return;
  await follow(service, new Membership(targets, factory.create, clock.now), log, clock);
}

/** Follows the targets that come and go with what is known of them so far; resolves as `discoverTargets` does. */
export function follow(service: Service, members: Membership, log: Logger, clock: Clock): Promise<void> {
  const { name, config } = service;
  if (config.discover === undefined) throw new Error(`service ${name} discovers nothing`);
  const source = openSource(config.discover, config["dns-ttl"], clock);
  const onChange = () => useTargets(service, members.targets);
  const discovery = new Discovery({ service: name, source, members, onChange, log, clock });
  service.following = { discovery, members, log, clock };
  return discovery.start();
}

/** These are its targets from now on. */
export function useTargets(service: Service, targets: readonly Target[]): void {
  service.targets = targets;
  service.health.follow(targets);
  service.monitor.watch(targets);
  service.balancer = balancerOf(service.config, targets, service.health);
}

/** These URLs are drained from now on, and no others: they get no new requests, and finish what they have. */
export function drainTargets(service: Service, urls: ReadonlySet<string>): void {
  const before = service.targets.filter(({ health }) => health.isDrained);
  service.health.drain(urls);
  const now = service.targets.filter(({ health }) => health.isDrained);
  if (before.length === now.length && before.every((target) => target.health.isDrained)) return;
  useTargets(service, service.targets);
  for (const target of now) target.close();
  for (const target of before) {
    if (target.health.isDrained) continue;
    target.reopen();
    target.health.warm();
  }
}

/**
 * Chooses the target of the next attempt, another one than before and none of the URLs that are avoided, while there is
 * one. Throws `no_target_available` if there is none, `upstream_timeout` if the request's time is over, `loop_detected` if
 * this gateway has sent it before.
 */
export function selectTarget(service: Service, ctx: Context, avoided: ReadonlySet<string> = NONE_AVOIDED): void {
  // What an earlier attempt was answered is not the answer any more.
  ctx.upstreamRepliedAt = 0;
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
  refuseLoop(ctx.request.headers);
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

/** Its connections close, those in use after their request; who has it still can finish. */
export function closeService(service: Service): void {
  service.following?.discovery.stop();
  service.monitor.stop();
  for (const target of service.targets) target.close();
}

function balancerOf(config: ServiceConfig, targets: readonly Target[], service: ServiceHealth): Balancer<Target> {
  const isWatched = config.health !== undefined || config["outlier-detection"] !== undefined;
  const isUsable = ({ health }: Target) => health.isUsable || service.isPanicking;
  const offered = targets.filter(({ health }) => !health.isDrained);
  return createBalancer(config.balance, offered, {
    hashOn: config["hash-on"],
    ...(isWatched ? { isUsable } : {}),
    ...(config["slow-start"] === 0 ? {} : { shareOf: ({ health }) => (health.isWarming ? health.share : 1) }),
  });
}
