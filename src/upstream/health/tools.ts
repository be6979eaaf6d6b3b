import type { Logger } from "../../observe/logger.ts";

/** What the upstream side is lent of that which outlives a reload. */
export interface UpstreamLasting {
  readonly log: Logger;
  /** Wall-clock time in ms since 1970, for people to read. */
  now(): number;
  state<T>(key: string, create: () => T): T;
}

/** Told how each attempt at a target has ended; attempts that a client has ended, or the gateway's own limits, are left out. */
export interface OutcomeListener {
  /** @param latencyMs from sending the request to the reply's head; -1 where none has come */
  onOutcome(isFailure: boolean, latencyMs: number): void;
}
