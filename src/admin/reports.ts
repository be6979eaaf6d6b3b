import type { CircuitReport } from "../observe/circuit.ts";
import type { OpenApiReport, ServiceDocumentView } from "../openapi/view.ts";
import type { StoreReport } from "../store/report.ts";
import type { DiscoveryReport } from "../upstream/discovery/discovery.ts";
import { quantile } from "../upstream/histogram.ts";
import type { PoolStats } from "../upstream/stats.ts";
import type { RouteView, ServiceView, TargetState } from "./view.ts";

/** A service as /api/services tells it: its targets' latencies summed up besides. */
export function serviceReport(service: ServiceView) {
  const { circuits, discovery, ...rest } = service;
  return {
    ...rest,
    ...(circuits === undefined ? {} : { circuits: circuits.map(circuitReport) }),
    ...(discovery === undefined ? {} : { discovery: discoveryReport(discovery) }),
    targets: service.targets.map(({ state, pool, ...target }) => {
      return { ...target, ...stateReport(state), pool: poolReport(pool) };
    }),
  };
}

function stateReport({ isHealthy, isDrained, check, ejection, share }: TargetState) {
  return {
    isHealthy,
    ...(isDrained === true ? { isDrained } : {}),
    ...(check === undefined ? {} : { check: { ...check, since: isoOf(check.since) } }),
    ...(ejection === undefined
      ? {}
      : { ejection: { ...ejection, since: isoOf(ejection.since), until: isoOf(ejection.until) } }),
    ...(share === undefined ? {} : { share: round(share) }),
  };
}

function circuitReport({ since, openUntil, ...report }: CircuitReport) {
  return { ...report, since: isoOf(since), ...(openUntil === undefined ? {} : { openUntil: isoOf(openUntil) }) };
}

function discoveryReport({ lastSuccess, lastError, ...report }: DiscoveryReport) {
  return {
    ...report,
    ...(lastSuccess === undefined ? {} : { lastSuccess: isoOf(lastSuccess) }),
    ...(lastError === undefined ? {} : { lastError: { ...lastError, at: isoOf(lastError.at) } }),
  };
}

/** Every plugin in use, in order of first use, with the routes that it is on. */
export function pluginReports(routes: readonly RouteView[], hasEndpoints: (plugin: string) => boolean) {
  const instances = routes.flatMap((route) =>
    route.plugins.map(({ name, phases }) => ({ name, route: route.name, phases })),
  );
  return [...Map.groupBy(instances, ({ name }) => name)].map(([name, uses]) => ({
    name,
    ...(hasEndpoints(name) ? { endpoints: `/api/plugins/${name}` } : {}),
    instances: uses.map(({ route, phases }) => ({ route, phases })),
  }));
}

/** The store as /api/store tells it: how it is doing, never where it is or what is in it. */
export function storeReport({ latency, since, lastError, ...report }: StoreReport) {
  return {
    ...report,
    since: isoOf(since),
    ...(lastError === undefined ? {} : { lastError: { ...lastError, at: isoOf(lastError.at) } }),
    ...(latency === undefined ? {} : { latency: latencyReport(latency) }),
  };
}

function latencyReport({ count, sumMs, maxMs }: NonNullable<StoreReport["latency"]>) {
  return { count, meanMs: count === 0 ? undefined : round(sumMs / count), maxMs: round(maxMs) };
}

/** What is published of the services' documents, and what became of each. */
export function openApiReport({ mergedAt, services, ...report }: OpenApiReport) {
  return {
    ...(mergedAt === undefined ? {} : { mergedAt: isoOf(mergedAt) }),
    ...report,
    services: services.map(documentReport),
  };
}

function documentReport({ fetchedAt, error, ...view }: ServiceDocumentView) {
  return {
    ...view,
    ...(fetchedAt === undefined ? {} : { fetchedAt: isoOf(fetchedAt) }),
    ...(error === undefined ? {} : { error: { ...error, at: isoOf(error.at) } }),
  };
}

function poolReport({ latency, ...pool }: PoolStats) {
  const { count, sumMs, buckets } = latency;
  const meanMs = count === 0 ? undefined : round(sumMs / count);
  const [p50Ms, p90Ms, p99Ms] = [0.5, 0.9, 0.99].map((q) => round(quantile(latency, q)));
  return { ...pool, latency: { count, sumMs: round(sumMs), meanMs, p50Ms, p90Ms, p99Ms, buckets } };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function round(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1_000) / 1_000;
}
