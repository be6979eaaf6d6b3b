import type { ServiceConfig } from "../config/schema.ts";
import { type TimeoutQueue, timeoutQueue } from "../timeouts.ts";

/** How long each step of an exchange may take. */
export interface UpstreamTimeouts {
  readonly connect: TimeoutQueue;
  /** Waiting for a connection of a full pool. */
  readonly pool: TimeoutQueue;
  /** Waiting for one that is being opened; its own failure comes first. */
  readonly opening: TimeoutQueue;
  readonly response: TimeoutQueue;
  readonly idle: TimeoutQueue;
  readonly total: TimeoutQueue;
  /** An idle connection is kept this long. */
  readonly keep: TimeoutQueue;
  /** One beyond `max-idle`, this long: a burst can use it again. */
  readonly surplus: TimeoutQueue;
}

const SURPLUS_MS = 1_000;

export function upstreamTimeouts(config: ServiceConfig): UpstreamTimeouts {
  const { timeouts, pool } = config;
  return {
    connect: timeoutQueue(timeouts.connect),
    pool: timeoutQueue(timeouts.pool),
    opening: timeoutQueue(timeouts.connect + timeouts.pool),
    response: timeoutQueue(timeouts.response),
    idle: timeoutQueue(timeouts.idle),
    total: timeoutQueue(timeouts.total),
    keep: timeoutQueue(pool["idle-timeout"]),
    surplus: timeoutQueue(Math.min(SURPLUS_MS, pool["idle-timeout"])),
  };
}
