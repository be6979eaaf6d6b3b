import type { Flight } from "./flights.ts";
import type { Outcome } from "./storing.ts";

/** Whom it is told what a request to the service has brought. */
export interface Landing {
  /** Who waits here for the same. */
  readonly flight: Flight | undefined;
  /** Told once, when what may be stored is there whole. */
  onOutcome(outcome: Outcome): void;
}
