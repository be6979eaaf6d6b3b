import type { Readiness, RouteView, ServiceView, TargetView } from "./admin/view.ts";
import type { LiveReport } from "./explain/live-report.ts";
import { SAMPLED } from "./history/sample.ts";
import type { CircuitReport, TargetWatch } from "./observe/circuit.ts";
import type { Incidents, RecentError } from "./observe/incidents/incidents.ts";
import type { LimitedReport } from "./observe/incidents/limited.ts";
import type { LimiterReport } from "./observe/limiter-report.ts";
import type { Family } from "./observe/metrics/family.ts";
import type { MetricsRegistry } from "./observe/metrics/registry.ts";
import type { OpenApiReport } from "./openapi/view.ts";
import type { Awaitable } from "./plugin.ts";
import type { Snapshot } from "./snapshot.ts";
import type { StoreReport } from "./store/report.ts";
import type { CanaryView } from "./traffic/canary-report.ts";
import type { ExplanationSummary } from "./trail/follower.ts";
import type { Service } from "./upstream/service.ts";
import type { Target } from "./upstream/target.ts";

/** What one process knows of itself without its ports. */
export interface SnapshotView {
  readiness(): Readiness;
  routes(): readonly RouteView[];
  canaries(): readonly CanaryView[];
  services(): readonly ServiceView[];
  metrics(): Awaitable<readonly Family[]>;
  counts(): readonly Family[];
  store(): StoreReport;
  errors(limit: number): readonly RecentError[];
  limited(): LimitedReport;
  openapi(): OpenApiReport | undefined;
  explanations(): readonly ExplanationSummary[];
  explanation(id: string): LiveReport | undefined;
  refreshOpenApi(): Promise<OpenApiReport | undefined>;
}

/** What the admin endpoints show, read from the snapshot that is current when they are asked. */
export function createView(
  current: () => Snapshot,
  readiness: () => Readiness,
  registry: Pick<MetricsRegistry, "collect" | "collectInTurns">,
  store: () => StoreReport,
  incidents: Incidents,
): SnapshotView {
  return {
    readiness,
    routes: () => current().routes.map(routeView),
    metrics: () => registry.collectInTurns(),
    counts: () => registry.collect(SAMPLED),
    store,
    errors: (limit) => incidents.errors(limit),
    limited: () => incidents.limited(),
    openapi: () => current().own?.documents.report(),
    explanations: () => current().live?.list() ?? [],
    explanation: (id) => current().live?.find(id),
    async refreshOpenApi() {
      const documents = current().own?.documents;
      await documents?.refresh();
      return documents?.report();
    },
    canaries: () => current().routes.flatMap(({ split }) => split.canary?.view() ?? []),
    services() {
      const { services, watches, limiters } = current();
      return [...services.values()].map((service) => ({
        ...serviceView(service, watches.get(service.name)),
        ...limitersView(limiters.get(service.name)),
      }));
    },
  };
}

function routeView({ info, config, split, plugins }: Snapshot["routes"][number]): RouteView {
  const { methods, host, headers, query } = config;
  const services = split.variants.flatMap(({ service: name, weight }) =>
    name === undefined ? [] : [{ name, weight }],
  );
  const canary = split.canary === undefined ? {} : { canary: split.canary.report() };
  return { name: info.name, path: info.path, methods, host, headers, query, services, ...canary, plugins };
}

function serviceView(
  { name, config, targets, following }: Service,
  watches: ReadonlySet<TargetWatch> | undefined,
): ServiceView {
  return {
    name,
    balance: config.balance,
    targets: targets.map(targetView),
    ...(watches !== undefined && { circuits: circuitsOf(targets, watches) }),
    ...(following !== undefined && { discovery: following.discovery.report }),
  };
}

/** Without those of targets that are gone, unless an operator holds them. */
function circuitsOf(targets: readonly Target[], watches: ReadonlySet<TargetWatch>): CircuitReport[] {
  const urls = new Set(targets.map(({ url }) => url));
  return [...watches]
    .flatMap((watch) => watch.circuits())
    .filter(({ target, isForced }) => target === undefined || isForced || urls.has(target));
}

/** Each entry of the configuration once, however many routes share it. */
function limitersView(limiters: readonly (() => LimiterReport)[] | undefined): Pick<ServiceView, "limiters"> {
  if (limiters === undefined) return {};
  const reports = limiters.map((limiter) => limiter());
  return { limiters: [...new Map(reports.map((report) => [`${report.plugin} ${report.site}`, report])).values()] };
}

function targetView({ url, weight, addresses, pool, stats, health }: Target): TargetView {
  const { isUsable: isHealthy, isDrained, check, ejection } = health;
  const share = health.isWarming ? health.share : undefined;
  const state = { isHealthy, ...(isDrained ? { isDrained } : {}), check, ejection, share };
  return { url, weight, health: pool.health, state, addresses, pool: stats.snapshot(pool) };
}
