import type { CheckState } from "./target-health.ts";

/** What one process has found out by checks, and tells the others. */
export interface HealthVerdict {
  readonly service: string;
  readonly target: string;
  readonly state: CheckState["state"];
  readonly lastError?: string | undefined;
}

/** Of several processes one checks the targets, and the others learn from it. */
export interface HealthSharing {
  /** Whether this one does, from its start; it may be told later. */
  readonly isChecker: boolean;
  /** Tells the other processes. */
  publish(verdict: HealthVerdict): void;
}

/** The only process there is. */
export const ALONE: HealthSharing = { isChecker: true, publish: () => {} };
