import type {
  Canary,
  Circuit,
  History,
  Pool,
  RecentError,
  Route,
  Series,
  Service,
  Target,
} from "../../../src/admin/dashboard/page/api/types.ts";
import type { Facts } from "../../../src/admin/dashboard/page/model/facts.ts";
import { NO_TRAFFIC, type Traffic } from "../../../src/admin/dashboard/page/model/traffic.ts";

/** The moment of all facts: what has happened a little before it is recent. */
export const NOW = Date.parse("2026-01-05T03:00:00.000Z");

export function iso(secondsAgo: number): string {
  return new Date(NOW - secondsAgo * 1_000).toISOString();
}

/** A gateway about which nothing is wrong, but for what is given. */
export function facts(part: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    awaySince: undefined,
    readiness: { status: "ready" },
    services: [service("users")],
    routes: [route("users")],
    canaries: [],
    traffic: traffic({}),
    targetTraffic: () => ({ perSecond: 0, replies: 0 }),
    errors: [],
    limited: [],
    alerts: undefined,
    workers: [],
    store: undefined,
    configuration: undefined,
    ...part,
  };
}

/** The recent traffic of these routes, and of everything together. */
export function traffic(routes: Readonly<Record<string, Partial<Traffic>>>): Facts["traffic"] {
  const each = Object.entries(routes).map(([name, one]) => [name, { ...NO_TRAFFIC, ...one }] as const);
  const total = each.reduce(
    (sum, [, one]) => ({
      requests: sum.requests + one.requests,
      clientErrors: sum.clientErrors + one.clientErrors,
      serverErrors: sum.serverErrors + one.serverErrors,
    }),
    NO_TRAFFIC,
  );
  return { total, routes: new Map(each), services: new Map() };
}

/** A canary on its second step. */
export function canary(part: Partial<Canary> = {}): Canary {
  return {
    route: "users",
    service: "users-next",
    against: "users",
    state: "running",
    share: 0.25,
    step: 2,
    steps: 4,
    since: iso(60),
    counts: { new: { requests: 10, failures: 0 }, old: { requests: 90, failures: 1 } },
    ...part,
  };
}

export function service(
  name: string,
  targets: readonly Target[] = [target()],
  circuits: readonly Circuit[] = [],
): Service {
  return { name, balance: "round-robin", targets, circuits };
}

export function target(part: Partial<Target> = {}, pool: Partial<Pool> = {}): Target {
  const full = { ...NO_POOL, ...pool };
  return { url: "http://10.0.0.1:4001", weight: 1, health: "up", isHealthy: true, pool: full, ...part };
}

const NO_POOL: Pool = {
  open: 0,
  idle: 0,
  inUse: 0,
  tunnels: 0,
  pending: 0,
  errors: {},
  latency: { count: 0, buckets: [] },
};

export function circuit(part: Partial<Circuit> = {}): Circuit {
  return { site: "service users", state: "open", since: iso(5), isForced: false, ...part };
}

export function route(name: string, services: readonly string[] = [name]): Route {
  return { name, path: `/${name}/*`, services: services.map((one) => ({ name: one, weight: 1 })), plugins: [] };
}

/** So many errors of a second ago. */
export function errors(count: number, part: Partial<RecentError>): readonly RecentError[] {
  return Array.from({ length: count }, (_, i) => ({
    at: iso(1),
    requestId: `id-${i}`,
    client: "203.0.113.9",
    method: "GET",
    path: "/users/1",
    route: "users",
    status: 500,
    code: "internal",
    source: "internal",
    ...part,
  }));
}

/** A series in which everything stands for the number of requests. */
export function series(requests: readonly number[]): Series {
  return {
    requests,
    clientErrors: requests.map(() => 0),
    serverErrors: requests.map(() => 0),
    p50Ms: requests.map((n) => (n === 0 ? null : n)),
    p90Ms: requests.map((n) => (n === 0 ? null : n * 2)),
    p99Ms: requests.map((n) => (n === 0 ? null : n * 3)),
  };
}

/** A history in steps of a second from that second on. */
export function history(
  from: number,
  total: readonly number[],
  routes: Readonly<Record<string, readonly number[]>> = {},
): History {
  return {
    stepMs: 1_000,
    at: total.map((_, i) => (from + i) * 1_000),
    total: series(total),
    routes: Object.fromEntries(Object.entries(routes).map(([name, values]) => [name, series(values)])),
    services: {},
  };
}
