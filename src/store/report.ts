import type { StoreFailure } from "./error.ts";

/** How long Redis takes to answer. */
export interface StoreLatency {
  readonly count: number;
  readonly sumMs: number;
  readonly maxMs: number;
  /** By the bounds of `sluice_store_latency_seconds`, each bucket alone; the last is that above all. */
  readonly counts: readonly number[];
}

/** How the store is doing, for people and metrics: no address, no secret, no key. */
export interface StoreReport {
  readonly kind: "memory" | "redis";
  /** How Redis is reached. */
  readonly mode?: "single" | "cluster" | "sentinel";
  readonly state: "up" | "down";
  /** Ms since 1970 at which it came into that state. */
  readonly since: number;
  /** The latest failure, also while it is up again. */
  readonly lastError?: { readonly reason: StoreFailure; readonly message: string; readonly at: number };
  /** Calls so far, those that failed too. */
  readonly calls: number;
  /** How many failed, by reason. */
  readonly failures: Readonly<Partial<Record<StoreFailure, number>>>;
  /** Calls on their way. */
  readonly inFlight: number;
  /** Of what was sent to Redis and answered: requests that ask limits together are sent together, and count once here. */
  readonly latency?: StoreLatency;
  /** Of the embedded store: keys, and their bytes as they are reckoned. */
  readonly entries?: number;
  readonly bytes?: number;
}
