import type { Circuit, Service, Target } from "../api/types.ts";
import { span } from "./format.ts";

/** How bad a state is. */
export type Level = "good" | "note" | "warning" | "critical";

/** A state in a word, how bad it is, and why in a sentence where there is more to say. */
export interface State {
  readonly word: string;
  readonly level: Level;
  readonly why?: string | undefined;
}

/** Whether a target gets requests, and why not: what weighs most, of all that is so. */
export function targetState(target: Target, now: number): State {
  const { health, check, ejection } = target;
  if (target.isDrained === true) return { word: "drained", level: "note", why: "taken out by hand" };
  if (health === "down") return { word: "down", level: "critical", why: "it does not accept connections" };
  if (check?.state === "unhealthy") {
    return { word: "unhealthy", level: "critical", why: `its checks fail: ${check.lastError ?? "no reason known"}` };
  }
  if (ejection !== undefined) {
    const left = span(Date.parse(ejection.until) - now);
    return { word: "ejected", level: "warning", why: `${ejection.reason}; tried again in ${left}` };
  }
  if (!target.isHealthy) return { word: "unhealthy", level: "critical" };
  return health === "up" ? { word: "up", level: "good" } : { word: "not asked yet", level: "note" };
}

/** Whether requests reach it. */
export function isWell(target: Target, now: number): boolean {
  const { level } = targetState(target, now);
  return target.isDrained !== true && (level === "good" || level === "note");
}

/** A breaker's state; one that is held by hand is told so. */
export function circuitState({ state, isForced, reason, openUntil }: Circuit, now: number): State {
  const by = isForced ? ", held by hand" : "";
  if (state === "closed") return { word: `closed${by}`, level: isForced ? "note" : "good" };
  const until = openUntil === undefined ? "" : `; tried again in ${span(Date.parse(openUntil) - now)}`;
  const level = state === "open" ? "critical" : "warning";
  return { word: `${state}${by}`, level, why: `${reason ?? "no reason known"}${until}` };
}

const RANK: Readonly<Record<Level, number>> = { good: 0, note: 1, warning: 2, critical: 3 };

/** The one of two that weighs more. */
export function worse(a: Level, b: Level): Level {
  return RANK[a] >= RANK[b] ? a : b;
}

/** From 0, good, to 3, critical. */
export function rankOf(level: Level): number {
  return RANK[level];
}

/** How a service is doing: as its worst part, but a target that is down is a warning as long as others serve. */
export function serviceState({ targets, circuits = [] }: Service, now: number): State {
  const bad = targets.filter((target) => !isWell(target, now) && target.isDrained !== true);
  const drained = targets.filter(({ isDrained }) => isDrained === true).length;
  const open = circuits.filter(({ state }) => state !== "closed");
  if (targets.length === 0) return { word: "no target", level: "critical" };
  if (bad.length > 0 && bad.length + drained === targets.length) return { word: "down", level: "critical" };
  if (bad.length > 0) return { word: `${bad.length} of ${targets.length} targets down`, level: "warning" };
  if (open.length > 0) return { word: "circuit open", level: "warning" };
  if (drained > 0) return { word: `${drained} of ${targets.length} drained`, level: "note" };
  return { word: "up", level: "good" };
}
