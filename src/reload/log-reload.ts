import type { Logger } from "../observe/logger.ts";
import type { Change } from "./changes.ts";
import type { ReloadReport } from "./report.ts";

/** Problems, or parts, that the log names for one attempt. */
const MOST_NAMED = 50;

/** Tells the log what became of an attempt. */
export function logReload(log: Logger, report: ReloadReport, ms: number): void {
  const { result, by, changes, needsRestart, problems } = report;
  if (result === "failed") {
    const errors = problems.filter(({ severity }) => severity === "error").length;
    log.error("the configuration was not taken over: the one before stays", { by, problems: errors });
  } else {
    const of = (change: Change["change"]) => named(changes, change);
    const fields = { by, added: of("added"), removed: of("removed"), changed: of("changed"), ms: Math.round(ms) };
    if (result === "applied") log.info("the configuration was taken over", fields);
    else log.error("the configuration was taken over by some workers only", fields);
  }
  for (const { file, line, column, path, message, hint, severity } of problems.slice(0, MOST_NAMED)) {
    const fields = { place: line === 0 ? file : `${file}:${line}:${column}`, path, problem: message, hint };
    if (severity === "error") log.error("a problem in the configuration", fields);
    else log.warn("a problem in the configuration", fields);
  }
  if (needsRestart.length > 0) {
    log.warn("a part of the configuration waits for a restart; all else is at work", { sections: needsRestart });
  }
}

function named(changes: readonly Change[], wanted: Change["change"]): readonly string[] | undefined {
  const parts = changes.filter(({ change }) => change === wanted).map(({ part }) => part);
  if (parts.length <= MOST_NAMED) return parts.length === 0 ? undefined : parts;
  return [...parts.slice(0, MOST_NAMED), `and ${parts.length - MOST_NAMED} more`];
}
