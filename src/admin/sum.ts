import { sumLimiters } from "../observe/limiter-report.ts";
import type { DiscoveryReport } from "../upstream/discovery/discovery.ts";
import type { PoolStats } from "../upstream/stats.ts";
import { sumCircuits } from "./sum-circuits.ts";
import type { ListenerView, ServiceView, TargetState, TargetView } from "./view.ts";

/** The services of several workers as one, by their names: while a reload goes on, one may have more than another. */
export function sumServices(lists: readonly (readonly ServiceView[])[]): readonly ServiceView[] {
  const all = new Map<string, ServiceView>();
  for (const service of lists.flat()) {
    const known = all.get(service.name);
    all.set(service.name, known === undefined ? service : addService(known, service));
  }
  return [...all.values()];
}

function addService(a: ServiceView, b: ServiceView): ServiceView {
  return {
    ...a,
    ...addDiscoveries(a.discovery, b.discovery),
    ...(a.circuits !== undefined && { circuits: sumCircuits(a.circuits, b.circuits ?? []) }),
    ...(a.limiters === undefined ? {} : { limiters: sumLimiters(a.limiters, b.limiters ?? []) }),
    targets: addTargets(a.targets, b.targets),
  };
}

/** The listeners of several workers as one, by their addresses: while a reload goes on, one may have more than another. */
export function sumListeners(lists: readonly (readonly ListenerView[])[]): readonly ListenerView[] {
  const all = new Map<string, ListenerView>();
  for (const listener of lists.flat()) {
    const key = JSON.stringify([listener.host, listener.port]);
    const known = all.get(key);
    all.set(key, known === undefined ? listener : addListener(known, listener));
  }
  return [...all.values()];
}

function addListener(a: ListenerView, b: ListenerView): ListenerView {
  return {
    ...a,
    connections: a.connections + b.connections,
    tunnels: a.tunnels + b.tunnels,
    requests: a.requests + b.requests,
  };
}

/** By their URLs: for a moment one worker may know more targets than another. */
function addTargets(some: readonly TargetView[], others: readonly TargetView[]): readonly TargetView[] {
  const left = new Map(others.map((target) => [target.url, target]));
  const both = some.map((a) => {
    const b = left.get(a.url);
    if (b === undefined) return a;
    left.delete(a.url);
    const addresses = [...new Set([...a.addresses, ...b.addresses])];
    const health = worseOf(a.health, b.health);
    return { ...a, health, state: addStates(a.state, b.state), addresses, pool: addPools(a.pool, b.pool) };
  });
  return [...both, ...left.values()];
}

/** The oldest answer and any error: what one worker does not know is to be seen. */
function addDiscoveries(
  a: DiscoveryReport | undefined,
  b: DiscoveryReport | undefined,
): Pick<ServiceView, "discovery"> {
  if (a === undefined || b === undefined) return {};
  const lastSuccess = Math.min(a.lastSuccess ?? Number.NaN, b.lastSuccess ?? Number.NaN);
  return {
    discovery: {
      source: a.source,
      lastSuccess: Number.isNaN(lastSuccess) ? undefined : lastSuccess,
      lastError: a.lastError ?? b.lastError,
      draining: a.draining + b.draining,
    },
  };
}

/** A target that one worker cannot reach is to be seen, as in the metrics. */
function worseOf(a: TargetView["health"], b: TargetView["health"]): TargetView["health"] {
  if (a === "down" || b === "down") return "down";
  return a === "up" || b === "up" ? "up" : "unknown";
}

/** What keeps requests of one worker away is to be seen; one checks for all, but each ejects for itself. */
function addStates(a: TargetState, b: TargetState): TargetState {
  const isLater = (b.ejection?.until ?? 0) > (a.ejection?.until ?? 0);
  return {
    isHealthy: a.isHealthy && b.isHealthy,
    ...(a.isDrained === true || b.isDrained === true ? { isDrained: true } : {}),
    check: a.check?.state === "unhealthy" ? a.check : (b.check ?? a.check),
    ejection: isLater ? b.ejection : a.ejection,
    share: a.share === undefined || b.share === undefined ? (a.share ?? b.share) : Math.min(a.share, b.share),
  };
}

/** Every number added; durations bucket by bucket, so that quantiles of the sum are those of all requests. */
function addPools(a: PoolStats, b: PoolStats): PoolStats {
  const errors = { ...a.errors };
  for (const [code, count] of Object.entries(b.errors)) errors[code] = (errors[code] ?? 0) + count;
  return {
    open: a.open + b.open,
    idle: a.idle + b.idle,
    inUse: a.inUse + b.inUse,
    tunnels: a.tunnels + b.tunnels,
    pending: a.pending + b.pending,
    created: a.created + b.created,
    reused: a.reused + b.reused,
    closed: a.closed + b.closed,
    errors,
    latency: {
      count: a.latency.count + b.latency.count,
      sumMs: a.latency.sumMs + b.latency.sumMs,
      buckets: a.latency.buckets.map(([bound, count], i) => [bound, count + (b.latency.buckets[i]?.[1] ?? 0)] as const),
    },
  };
}
