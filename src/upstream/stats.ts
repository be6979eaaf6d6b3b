import { CORE } from "../observe/metrics/core.ts";
import { DistributionSeries } from "../observe/metrics/histogram.ts";
import { Histogram, type Latency } from "./histogram.ts";

/** What a pool knows of its connections at the moment. */
export interface PoolGauges {
  /** Open connections, those being opened included. */
  readonly open: number;
  readonly idle: number;
  readonly inUse: number;
  /** Of those in use, the ones that carry a tunnel. */
  readonly tunnels: number;
  /** Requests that wait for a connection. */
  readonly pending: number;
}

/** The state of a target's connections and what has happened on them since the start. */
export interface PoolStats extends PoolGauges {
  /** Connections ever opened. */
  readonly created: number;
  /** Requests that went out on a connection that had served another. */
  readonly reused: number;
  /** Connections ever closed. */
  readonly closed: number;
  /** Failed requests by error code; codes that never happened are left out. */
  readonly errors: Readonly<Record<string, number>>;
  /** From the attempt's start to the reply's head. */
  readonly latency: Latency;
}

/** Counts what happens at one target; it outlives reloads. Recording allocates nothing. */
export class TargetStats {
  attempts = 0;
  created = 0;
  reused = 0;
  closed = 0;
  /** Failed requests by error code; codes that never happened are left out. */
  readonly errors = new Map<string, number>();
  /** From the attempt's start to the reply's head. */
  readonly latency = new Histogram();
  /** How long requests waited for a connection, in seconds; those that need not wait are not in it. */
  readonly waits = new DistributionSeries([], CORE.upstreamWait.bounds);

  recordLatency(ms: number): void {
    this.latency.record(ms);
  }

  countError(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  /** A copy of everything, together with what the pool knows. */
  snapshot({ open, idle, inUse, tunnels, pending }: PoolGauges): PoolStats {
    const { created, reused, closed } = this;
    const errors = Object.fromEntries(this.errors);
    const latency = this.latency.snapshot();
    return { open, idle, inUse, tunnels, pending, created, reused, closed, errors, latency };
  }
}
