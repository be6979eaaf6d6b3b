import { CORE } from "../observe/metrics/core.ts";
import type { Family } from "../observe/metrics/family.ts";

/** What happened in an interval. */
export interface Counts {
  /** Requests that have ended; of a service, attempts. */
  readonly requests: number;
  /** Of them those that ended with 4xx; of a service always 0. */
  readonly clientErrors: number;
  /** Of them those that ended with 5xx; of a service, attempts that failed. */
  readonly serverErrors: number;
  /** How many took how long, by bucket, each alone; the last one is beyond all bounds. */
  readonly latency: readonly number[];
}

/** What happened in all processes of the gateway together. Routes and services without requests are left out. */
export interface Sample {
  /** The end of the interval, in ms since 1970. */
  readonly at: number;
  /** The interval's length. */
  readonly seconds: number;
  readonly total: Counts;
  readonly routes: ReadonlyMap<string, Counts>;
  readonly services: ReadonlyMap<string, Counts>;
}

/** Upper bounds of the buckets of routes and of all requests, in seconds. */
export const ROUTE_BOUNDS: readonly number[] = CORE.requestDuration.bounds;
/** Upper bounds of the buckets of services, in seconds. */
export const SERVICE_BOUNDS: readonly number[] = CORE.upstreamLatency.bounds;

/** The metrics that samples are made of. */
export const SAMPLED: ReadonlySet<string> = new Set(
  [CORE.requests, CORE.requestDuration, CORE.upstreamAttempts, CORE.upstreamErrors, CORE.upstreamLatency].map(
    ({ name }) => name,
  ),
);

/** Counts since the start of a process, or what they grew by. */
export interface Totals {
  readonly routes: Map<string, MutableCounts>;
  readonly services: Map<string, MutableCounts>;
}

interface MutableCounts {
  requests: number;
  clientErrors: number;
  serverErrors: number;
  readonly latency: number[];
}

/** Adds up the families of one process by route and by service. */
export function totalsOf(families: readonly Family[]): Totals {
  const totals: Totals = { routes: new Map(), services: new Map() };
  for (const family of families) addFamily(totals, family);
  return totals;
}

function addFamily({ routes, services }: Totals, family: Family): void {
  if (family.type === "histogram") {
    const isOfRoutes = family.name === CORE.requestDuration.name;
    if (!isOfRoutes && family.name !== CORE.upstreamLatency.name) return;
    for (const { labels, counts } of family.series) {
      const { latency } = isOfRoutes
        ? countsAt(routes, labels, ROUTE_BOUNDS)
        : countsAt(services, labels, SERVICE_BOUNDS);
      for (const [bucket, count] of counts.entries()) latency[bucket] = (latency[bucket] ?? 0) + count;
    }
    return;
  }
  const add = ADDERS[family.name];
  if (add === undefined) return;
  for (const { labels, value } of family.series) add({ routes, services }, labels, value);
}

const ADDERS: Readonly<Record<string, (totals: Totals, labels: readonly string[], value: number) => void>> = {
  [CORE.requests.name]: ({ routes }, labels, value) => {
    const counts = countsAt(routes, labels, ROUTE_BOUNDS);
    const [, , status] = labels;
    counts.requests += value;
    if (status === "4xx") counts.clientErrors += value;
    if (status === "5xx") counts.serverErrors += value;
  },
  [CORE.upstreamAttempts.name]: ({ services }, labels, value) => {
    countsAt(services, labels, SERVICE_BOUNDS).requests += value;
  },
  [CORE.upstreamErrors.name]: ({ services }, labels, value) => {
    countsAt(services, labels, SERVICE_BOUNDS).serverErrors += value;
  },
};

/** Of the first label, which is the route or the service. */
function countsAt(
  all: Map<string, MutableCounts>,
  [name = ""]: readonly string[],
  bounds: readonly number[],
): MutableCounts {
  const known = all.get(name);
  if (known !== undefined) return known;
  const counts = noCounts(bounds);
  all.set(name, counts);
  return counts;
}

export function noCounts(bounds: readonly number[]): MutableCounts {
  return { requests: 0, clientErrors: 0, serverErrors: 0, latency: new Array<number>(bounds.length + 1).fill(0) };
}

/**
 * Adds what `now` has beyond `before` to the sum. A count that has become less, because its target is gone and has come
 * again, has grown by nothing.
 */
export function addGrowth(
  sum: Map<string, MutableCounts>,
  now: ReadonlyMap<string, Counts>,
  before: ReadonlyMap<string, Counts> | undefined,
  bounds: readonly number[],
): void {
  for (const [name, counts] of now) {
    const earlier = before?.get(name);
    const grown = earlier === undefined ? counts : growth(counts, earlier);
    if (grown.requests === 0 && grown.serverErrors === 0) continue;
    addCounts(countsAt(sum, [name], bounds), grown);
  }
}

export function addCounts(sum: MutableCounts, { requests, clientErrors, serverErrors, latency }: Counts): void {
  sum.requests += requests;
  sum.clientErrors += clientErrors;
  sum.serverErrors += serverErrors;
  for (const [bucket, count] of latency.entries()) sum.latency[bucket] = (sum.latency[bucket] ?? 0) + count;
}

function growth(now: Counts, before: Counts): Counts {
  return {
    requests: Math.max(0, now.requests - before.requests),
    clientErrors: Math.max(0, now.clientErrors - before.clientErrors),
    serverErrors: Math.max(0, now.serverErrors - before.serverErrors),
    latency: now.latency.map((count, bucket) => Math.max(0, count - (before.latency[bucket] ?? 0))),
  };
}
