import type { ServiceConfig } from "../config/schema.ts";
import { targetIdentity } from "../config/target-url.ts";
import type { Logger } from "../observe/logger.ts";
import { type Clock, systemClock } from "./discovery/clock.ts";
import { Membership } from "./discovery/membership.ts";
import { HealthMonitor } from "./health/monitor.ts";
import { type Following, follow, type Service, useTargets, watchHealth } from "./service.ts";
import type { Target } from "./target.ts";
import { deadlineOf, type TargetFactory, targetFactory, urlOf, weightOf } from "./target-factory.ts";

/** What a service is changed to. */
interface Change {
  readonly config: ServiceConfig;
  readonly factory: TargetFactory;
  /** The targets that the configuration names. */
  readonly fixed: readonly Target[];
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Prepares a service for another configuration. Nothing changes before the function that is returned is called, which
 * does not fail: targets whose settings are the same stay, with all that is open and under way; the others are replaced,
 * and finish what they have. Throws if a file of its `tls` cannot be read.
 */
export function prepareChange(
  service: Service,
  config: ServiceConfig,
  log: Logger,
  clock: Clock = systemClock,
): () => void {
  const fresh = targetFactory(service.name, config, service.health);
  const isSame = Bun.deepEquals(fresh.settings, service.factory.settings);
  if (isSame && Bun.deepEquals(ofService(service.config), ofService(config))) {
    return () => {
      service.config = config;
    };
  }
  const factory = isSame ? service.factory : fresh;
  const known = byIdentity(isSame ? service.targets : []);
  const fixed = config.targets.map((entry) => {
    const url = urlOf(entry);
    return known.get(targetIdentity(url)) ?? factory.create(url, weightOf(entry));
  });
  const found = foundBefore(service, { config, factory, fixed, log, clock });
  return () => apply(service, { config, factory, fixed, log, clock }, found);
}

function apply(service: Service, change: Change, found: readonly Target[]): void {
  const { config, factory, fixed } = change;
  const { config: before, targets: old, following } = service;
  const keepsFollowing = following !== undefined && staysAsItIs(service, following, change);
  const hasSameChecks = factory === service.factory && Bun.deepEquals(ofMonitor(before), ofMonitor(config));
  for (const [index, entry] of config.targets.entries()) {
    const target = fixed[index];
    if (target !== undefined) target.weight = weightOf(entry);
  }
  service.config = config;
  service.factory = factory;
  service.deadline = deadlineOf(config);
  service.health.configure(config);
  const { sharing } = service.monitor;
  if (!hasSameChecks) {
    service.monitor.stop();
    service.monitor = new HealthMonitor(service.name, config);
  }
  useTargets(service, keepsFollowing ? following.members.targets : [...fixed, ...found]);
  if (!hasSameChecks && sharing !== undefined) watchHealth(service, sharing);
  if (!keepsFollowing) followAnew(service, change, found);
  const stays = new Set(service.targets);
  for (const target of old) if (!stays.has(target)) target.close();
}

/** Until the source has answered, it has the targets that were found before. */
function followAnew(service: Service, { config, factory, fixed, log, clock }: Change, found: readonly Target[]): void {
  service.following?.discovery.stop();
  service.following = undefined;
  if (config.discover === undefined) return;
  void follow(service, new Membership(fixed, factory.create, clock.now, found), log, clock);
}

function staysAsItIs(service: Service, { members }: Following, { config, factory, fixed }: Change): boolean {
  return (
    factory === service.factory &&
    Bun.deepEquals(service.config.discover, config.discover) &&
    members.fixed.length === fixed.length &&
    members.fixed.every((target, index) => target === fixed[index])
  );
}

/** Those that discovery has found; where it only begins now, all that there were. */
function foundBefore(service: Service, { config, factory, fixed }: Change): readonly Target[] {
  if (config.discover === undefined) return [];
  const named = byIdentity(fixed);
  const found = service.following?.members.found ?? service.targets;
  const left = found.filter(({ url }) => !named.has(targetIdentity(url)));
  return factory === service.factory ? left : left.map(({ url, weight }) => factory.create(url, weight));
}

function byIdentity(targets: readonly Target[]): ReadonlyMap<string, Target> {
  return new Map(targets.map((target) => [targetIdentity(target.url), target]));
}

/** Plugins and the bound on its requests are the business of its routes. */
function ofService({ plugins: _, "max-requests": __, ...own }: ServiceConfig): unknown {
  return own;
}

function ofMonitor({ health, timeouts, pool, "outlier-detection": outlier }: ServiceConfig): unknown {
  return { health, timeouts, pool, outlier };
}
