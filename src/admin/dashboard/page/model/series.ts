import type { History, Series } from "../api/types.ts";

const FIELDS = ["requests", "clientErrors", "serverErrors", "p50Ms", "p90Ms", "p99Ms"] as const;

/** Nothing yet, with values for as many instants as there are. */
export function emptySeries(length: number): Series {
  const none = Array.from({ length }, () => null);
  const zero = Array.from({ length }, () => 0);
  return { requests: zero, clientErrors: zero, serverErrors: zero, p50Ms: none, p90Ms: none, p99Ms: none };
}

/**
 * What is known and what has come since as one, no longer than `keepMs`. A route that has gone stays until its values are too old; one
 * that is new begins with nothing.
 */
export function extended(known: History | undefined, news: History, keepMs: number): History {
  if (known === undefined || known.stepMs !== news.stepMs) return news;
  const last = known.at.at(-1) ?? Number.NEGATIVE_INFINITY;
  const firstNew = news.at.findIndex((at) => at > last);
  if (firstNew === -1) return known;
  const oldest = (news.at.at(-1) ?? last) - keepMs;
  const begin = known.at.findIndex((at) => at > oldest);
  const kept: Part = { from: begin === -1 ? known.at.length : begin, length: known.at.length };
  const added: Part = { from: firstNew, length: news.at.length };
  const join = (a: Series | undefined, b: Series | undefined) => joined(a, kept, b, added);
  return {
    stepMs: news.stepMs,
    at: [...known.at.slice(kept.from), ...news.at.slice(added.from)],
    total: join(known.total, news.total),
    routes: byName(known.routes, news.routes, join),
    services: byName(known.services, news.services, join),
  };
}

/** Where to begin in a list, and how long it is. */
interface Part {
  readonly from: number;
  readonly length: number;
}

function byName(
  known: Readonly<Record<string, Series>>,
  news: Readonly<Record<string, Series>>,
  join: (a: Series | undefined, b: Series | undefined) => Series,
): Record<string, Series> {
  const names = new Set([...Object.keys(known), ...Object.keys(news)]);
  const all = [...names].map((name) => [name, join(own(known, name), own(news, name))] as const);
  return Object.fromEntries(all.filter(([name, series]) => own(news, name) !== undefined || isAlive(series)));
}

function own(all: Readonly<Record<string, Series>>, name: string): Series | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

function isAlive({ requests }: Series): boolean {
  return requests.some((value) => value > 0);
}

function joined(a: Series | undefined, kept: Part, b: Series | undefined, added: Part): Series {
  const before = a ?? emptySeries(kept.length);
  const after = b ?? emptySeries(added.length);
  const entries = FIELDS.map((field) => {
    return [field, [...before[field].slice(kept.from), ...after[field].slice(added.from)]] as const;
  });
  return Object.fromEntries(entries) as unknown as Series;
}

/** The latest part of a history, `lengthMs` long. */
export function latest(history: History, lengthMs: number): History {
  const end = history.at.at(-1);
  if (end === undefined) return history;
  const found = history.at.findIndex((at) => at > end - lengthMs);
  const from = Math.max(0, found);
  if (from === 0) return history;
  const cut = (series: Series) =>
    Object.fromEntries(FIELDS.map((field) => [field, series[field].slice(from)] as const)) as unknown as Series;
  const cutAll = (all: Readonly<Record<string, Series>>) =>
    Object.fromEntries(Object.entries(all).map(([name, series]) => [name, cut(series)] as const));
  return {
    stepMs: history.stepMs,
    at: history.at.slice(from),
    total: cut(history.total),
    routes: cutAll(history.routes),
    services: cutAll(history.services),
  };
}

/** Clocks that differ by less are the same: a value comes a second late, or two. */
const SAME_CLOCK_MS = 5_000;

/** How far the gateway's clock is ahead of the browser's, in ms, if its latest value has just come. */
export function aheadMs(latestAt: number | undefined, now: number): number {
  const ms = (latestAt ?? now) - now;
  return Math.abs(ms) < SAME_CLOCK_MS ? 0 : ms;
}
