import type { Service } from "../api/types.ts";

/** How a target has answered in the last seconds. */
export interface TargetTraffic {
  readonly perSecond: number;
  /** Undefined without replies. */
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  /** Replies that this is made from. */
  readonly replies: number;
}

interface Reading {
  readonly at: number;
  readonly counts: readonly number[];
  readonly total: number;
}

/** Readings of each target are kept for this long, and no more than so many. */
const WINDOW_MS = 10_000;
const MOST_READINGS = 12;

/** Makes of counts since the start, read again and again, what has happened in the last ten seconds. */
export class TargetWatch {
  #readings = new Map<string, readonly Reading[]>();
  #bounds: readonly number[] = [];

  /** Takes note of an answer of /api/services; targets that are gone are forgotten. */
  read(services: readonly Service[], at: number): void {
    const next = new Map<string, readonly Reading[]>();
    for (const { name, targets } of services) {
      for (const { url, pool } of targets) {
        const key = keyOf(name, url);
        const reading = { at, counts: pool.latency.buckets.map(([, n]) => n), total: pool.latency.count };
        const known = this.#readings.get(key) ?? [];
        const isRestarted = (known.at(-1)?.total ?? 0) > reading.total;
        const kept = isRestarted ? [] : known.filter((one) => one.at > at - WINDOW_MS).slice(1 - MOST_READINGS);
        next.set(key, [...kept, reading]);
        if (this.#bounds.length === 0) this.#bounds = pool.latency.buckets.map(([bound]) => bound);
      }
    }
    this.#readings = next;
  }

  of(service: string, url: string): TargetTraffic {
    const readings = this.#readings.get(keyOf(service, url)) ?? [];
    const first = readings[0];
    const last = readings.at(-1);
    if (first === undefined || last === undefined || first === last) return { perSecond: 0, replies: 0 };
    const replies = last.total - first.total;
    const counts = last.counts.map((n, i) => n - (first.counts[i] ?? 0));
    return {
      perSecond: (replies * 1_000) / (last.at - first.at),
      replies,
      p50Ms: quantile(this.#bounds, counts, replies, 0.5),
      p99Ms: quantile(this.#bounds, counts, replies, 0.99),
    };
  }
}

function keyOf(service: string, url: string): string {
  return JSON.stringify([service, url]);
}

/** Interpolated in its bucket; the last bound stands for what is above it. */
export function quantile(
  bounds: readonly number[],
  counts: readonly number[],
  total: number,
  q: number,
): number | undefined {
  if (total <= 0) return undefined;
  const rank = q * total;
  let below = 0;
  for (const [i, n] of counts.entries()) {
    const bound = bounds[i] ?? 0;
    const lower = bounds[i - 1] ?? 0;
    if (n > 0 && below + n >= rank) return lower + (bound - lower) * Math.max(0, (rank - below) / n);
    below += n;
  }
  return bounds.at(-1);
}
