import { gauge } from "./shape.ts";

const CANARY = ["route", "service"] as const;

/** The new versions that are tried out. */
export const CANARIES = {
  canaryShare: gauge(
    "sluice_canary_share",
    CANARY,
    "Share of the route's requests that its canary gets, from 0 to 1; of several workers the least.",
    "min",
  ),
  canaryStep: gauge("sluice_canary_step", CANARY, "Step that the canary is on, or was stopped on, from 1.", "min"),
  canaryPaused: gauge("sluice_canary_paused", CANARY, "1 if an operator holds the canary on its step.", "max"),
  canaryStopped: gauge(
    "sluice_canary_stopped",
    CANARY,
    "1 if the canary was worse than what it is compared with, or an operator has stopped it: it gets no requests.",
    "max",
  ),
};
