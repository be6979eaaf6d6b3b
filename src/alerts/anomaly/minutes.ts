import type { Counts } from "../../history/sample.ts";
import type { Minutes } from "./signals.ts";

/** Minutes that are looked at together: one alone is too noisy, more take longer to show what has begun. */
const FEW = 3;
/** Where there are few requests, shares and latencies of so many more minutes are looked at. */
const MANY = 10;
const ENOUGH_REQUESTS = 300;
const MS = 1_000;
const RANK = 0.9;

/** The requests of the latest whole minutes. */
export interface Latest {
  readonly last: Minutes;
  readonly few: Minutes;
  /** As few as have enough requests between them, ten at most. */
  readonly enough: Minutes;
}

interface Minute {
  requests: number;
  failures: number;
  readonly latency: number[];
}

/** Counts the requests of a route by minutes. */
export class MinuteWindow {
  #closed: Minute[] = [];
  #open: Minute = emptyMinute();
  #bounds: readonly number[] = [];

  /** @param bounds upper bounds of the buckets, in seconds */
  add({ requests, serverErrors, latency }: Counts, bounds: readonly number[]): void {
    this.#bounds = bounds;
    this.#open.requests += requests;
    this.#open.failures += serverErrors;
    for (const [bucket, count] of latency.entries()) {
      this.#open.latency[bucket] = (this.#open.latency[bucket] ?? 0) + count;
    }
  }

  /** The minute is over: what the latest have together, as soon as there are three. */
  close(): Latest | undefined {
    this.#closed.unshift(this.#open);
    this.#open = emptyMinute();
    if (this.#closed.length > MANY) this.#closed.pop();
    if (this.#closed.length < FEW) return undefined;
    let enough = 0;
    for (let requests = 0; enough < this.#closed.length && (enough < FEW || requests < ENOUGH_REQUESTS); enough++) {
      requests += this.#closed[enough]?.requests ?? 0;
    }
    return { last: this.#sum(1), few: this.#sum(FEW), enough: this.#sum(enough) };
  }

  clear(): void {
    this.#closed = [];
    this.#open = emptyMinute();
  }

  #sum(minutes: number): Minutes {
    const latency: number[] = [];
    let requests = 0;
    let failures = 0;
    for (const minute of this.#closed.slice(0, minutes)) {
      requests += minute.requests;
      failures += minute.failures;
      for (const [bucket, count] of minute.latency.entries()) latency[bucket] = (latency[bucket] ?? 0) + count;
    }
    return { minutes, requests, failures, p90Ms: p90Of(latency, this.#bounds) };
  }
}

/** In ms; within a bucket by the logarithm, as latencies are spread, so that it does not leap where a bucket begins. */
function p90Of(latency: readonly number[], bounds: readonly number[]): number | undefined {
  const all = latency.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  let below = 0;
  for (const [bucket, upper] of bounds.entries()) {
    const count = latency[bucket] ?? 0;
    if (count > 0 && below + count >= RANK * all) {
      const lower = bounds[bucket - 1] ?? upper / 2;
      return lower * (upper / lower) ** ((RANK * all - below) / count) * MS;
    }
    below += count;
  }
  return (bounds.at(-1) ?? 0) * MS;
}

function emptyMinute(): Minute {
  return { requests: 0, failures: 0, latency: [] };
}
