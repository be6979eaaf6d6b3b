import type { CallWindow } from "./window.ts";

/** When a breaker opens; durations in ms. */
export interface TripLimits {
  /** Failures with no success between them; 0: however many. */
  readonly consecutiveFailures: number;
  /** Share of the calls in the window. */
  readonly failureRatio: number;
  readonly slowRatio: number;
  /** With fewer calls in the window no ratio is taken. */
  readonly minimumCalls: number;
  readonly windowMs: number;
}

/** Why a breaker has opened, or was closed. */
export interface Reason {
  readonly code: "consecutive-failures" | "failure-ratio" | "slow-ratio" | "probe" | "operator";
  /** For the log and the admin port. */
  readonly text: string;
}

/** Why it has to open now; undefined: it has not. */
export function reasonToTrip(consecutive: number, window: CallWindow, limits: TripLimits): Reason | undefined {
  const { consecutiveFailures, failureRatio, slowRatio, minimumCalls } = limits;
  if (consecutiveFailures > 0 && consecutive >= consecutiveFailures) {
    return {
      code: "consecutive-failures",
      text: `${consecutive} ${consecutive === 1 ? "failure" : "failures"} in a row`,
    };
  }
  const { calls, failures, slow } = window;
  if (calls < minimumCalls) return undefined;
  if (failures > 0 && failures >= failureRatio * calls) {
    return { code: "failure-ratio", text: `${failures} of ${calls} calls have failed` };
  }
  if (slow > 0 && slow >= slowRatio * calls) return { code: "slow-ratio", text: `${slow} of ${calls} calls were slow` };
  return undefined;
}
