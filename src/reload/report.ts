import type { Problem } from "../config/problem.ts";
import type { ShownConfig } from "../config/shown.ts";
import type { ChangeReport } from "./changes.ts";
import type { Prints } from "./prints.ts";

/** Who has asked for a reload. */
export type Trigger = "file" | "signal" | "admin";

/** A problem without the text of its line, which may hold a secret. */
export type ReloadProblem = Omit<Problem, "excerpt">;

/** What became of one attempt. */
export interface ReloadReport extends ChangeReport {
  /** partial: some workers go on with the configuration before; failed: nothing has changed. */
  readonly result: "applied" | "partial" | "failed";
  readonly by: Trigger;
  /** UTC. */
  readonly at: string;
  /** Errors, or the warnings of a configuration that was taken over. */
  readonly problems: readonly ReloadProblem[];
}

/** The configuration at work. */
export interface ConfigReport extends ShownConfig {
  /** Absolute paths. */
  readonly files: readonly string[];
  /** When it was taken over; UTC. */
  readonly loadedAt: string;
  /** Sections that wait for a restart: what is shown of them is not at work. */
  readonly needsRestart: readonly string[];
  /** The latest attempt to take over another one, if there was one. */
  readonly lastReload?: ReloadReport;
  /** The latest attempt if it has failed, or the last one that did. */
  readonly lastFailure?: ReloadReport;
}

/** What the admin port can do about the configuration. */
export interface ReloadControl {
  report(): ConfigReport;
  reload(by: Trigger): Promise<ReloadReport>;
  /** What a configuration with these prints would change. */
  plan(salt: string, prints: Prints): ChangeReport;
}

export function withoutExcerpt({ excerpt: _, ...problem }: Problem): ReloadProblem {
  return problem;
}
