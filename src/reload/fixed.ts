import type { Config } from "../config/schema.ts";

/** Sections that only a start reads: ports, the log and the store stay as they are for as long as the process runs. */
export const FIXED_SECTIONS = ["listen", "admin", "log", "redis"] as const;

/** A new configuration as far as a running gateway can go by it. */
export interface Fitted {
  readonly config: Config;
  /** Sections that have changed, and wait for a restart. */
  readonly needsRestart: readonly string[];
}

/** Leaves out of a new configuration what only a start reads. */
export function fitToRunning(next: Config, running: Config): Fitted {
  const needsRestart = FIXED_SECTIONS.filter((section) => !Bun.deepEquals(next[section], running[section]));
  const { listen, admin, log, redis } = running;
  return { config: Object.freeze({ ...next, listen, admin, log, redis }), needsRestart };
}
