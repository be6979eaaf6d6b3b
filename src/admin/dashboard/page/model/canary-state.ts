import type { Canary } from "../api/types.ts";
import { span } from "./format.ts";
import type { State } from "./target-state.ts";

/** What can be decided about a canary. */
export type CanaryAction = "promote" | "pause" | "resume" | "abort";

/** What buttons call it. */
export const VERBS: Readonly<Record<CanaryAction, string>> = {
  promote: "Promote",
  pause: "Pause",
  resume: "Resume",
  abort: "Abort",
};

/** What there is to decide in its state. */
export function canaryActions({ state }: Pick<Canary, "state">): readonly CanaryAction[] {
  switch (state) {
    case "running":
      return ["pause", "promote", "abort"];
    case "paused":
      return ["resume", "promote", "abort"];
    case "done":
      return ["promote", "abort"];
    case "promoted":
      return ["resume", "abort"];
    case "stopped":
      return ["resume"];
  }
}

/** How it is doing, and why. */
export function canaryState({ state, nextAt, reason }: Canary, now: number): State {
  switch (state) {
    case "running":
      return {
        word: "running",
        level: "good",
        why: nextAt === undefined ? undefined : `next step in ${span(Date.parse(nextAt) - now)}`,
      };
    case "paused":
      return { word: "paused", level: "note", why: "held on its step by hand" };
    case "done":
      return { word: "done", level: "good", why: "it is on its last step: make it the service of the route" };
    case "promoted":
      return { word: "promoted", level: "note", why: "given everything by hand: make it the service of the route" };
    case "stopped":
      return { word: "stopped", level: "warning", why: reason };
  }
}
