import type { History, Series } from "../api/types.ts";

/** How a route, a service or the whole gateway has done lately: per second, and in ms. */
export interface Traffic {
  readonly requests: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** Undefined without requests. */
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  /** The median as it usually is: that of the time before. Undefined while too little is known. */
  readonly usualMs?: number | undefined;
}

/** Of a route that nobody asks. */
export const NO_TRAFFIC: Traffic = { requests: 0, clientErrors: 0, serverErrors: 0 };

/** The name under which requests are counted that no route took. */
export const NO_ROUTE = "";

/** What counts as lately. */
const LATELY_MS = 10_000;
/** So many earlier values tell what is usual. */
const ENOUGH = 20;

/** The traffic of everything together, and by name. */
export interface AllTraffic {
  readonly total: Traffic;
  readonly routes: ReadonlyMap<string, Traffic>;
  readonly services: ReadonlyMap<string, Traffic>;
}

/** The traffic of the last seconds, of a history in steps of a second. */
export function trafficOf(history: History | undefined): AllTraffic {
  if (history === undefined) return { total: NO_TRAFFIC, routes: new Map(), services: new Map() };
  const end = history.at.at(-1) ?? 0;
  const found = history.at.findIndex((at) => at > end - LATELY_MS);
  const from = found === -1 ? history.at.length : found;
  const each = (all: Readonly<Record<string, Series>>) =>
    new Map(Object.entries(all).map(([name, series]) => [name, recent(series, from)] as const));
  return { total: recent(history.total, from), routes: each(history.routes), services: each(history.services) };
}

function recent(series: Series, from: number): Traffic {
  const before = series.p50Ms.slice(0, from).filter((ms) => ms !== null);
  return {
    requests: mean(series.requests.slice(from)),
    clientErrors: mean(series.clientErrors.slice(from)),
    serverErrors: mean(series.serverErrors.slice(from)),
    p50Ms: weighted(series.p50Ms, series.requests, from),
    p99Ms: highest(series.p99Ms.slice(from)),
    usualMs: before.length < ENOUGH ? undefined : median(before),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean of the medians, each by how many requests it stands for. */
function weighted(values: readonly (number | null)[], weights: readonly number[], from: number): number | undefined {
  let sum = 0;
  let all = 0;
  for (let i = from; i < values.length; i++) {
    const value = values[i];
    const weight = weights[i] ?? 0;
    if (value === null || value === undefined) continue;
    sum += value * weight;
    all += weight;
  }
  return all === 0 ? undefined : sum / all;
}

function highest(values: readonly (number | null)[]): number | undefined {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** The one in the middle, of two the lower. Undefined of none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** Errors of all requests, from 0 to 1. */
export function failing({ requests, serverErrors }: Traffic): number {
  return requests === 0 ? 0 : Math.min(1, serverErrors / requests);
}

/** Refused by the client's own fault, of all requests, from 0 to 1. */
export function refusing({ requests, clientErrors }: Traffic): number {
  return requests === 0 ? 0 : Math.min(1, clientErrors / requests);
}
