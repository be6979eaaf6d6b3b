/** The state of a circuit breaker, for the admin port. */
export interface CircuitReport {
  /** Where the options of the breaker are written. */
  readonly site: string;
  /** URL; undefined for a breaker of the whole service. */
  readonly target: string | undefined;
  readonly state: "closed" | "open" | "half-open";
  /** When the state began, in ms since 1970. */
  readonly since: number;
  /** Why; undefined if it never was in another. */
  readonly reason: string | undefined;
  /** When it will be tried again, in ms since 1970; undefined if it is not open, or held so. */
  readonly openUntil: number | undefined;
  /** An operator holds it open or closed. */
  readonly isForced: boolean;
}

/** What a plugin knows of the targets of its service. */
export interface TargetWatch {
  /**
   * URLs of targets that an attempt should not go to while there is another; asked before each attempt, so it should answer
   * the same empty set as long as nothing is wrong.
   */
  avoided(): ReadonlySet<string>;
  /** Its circuit breakers, for /api/services. */
  circuits(): readonly CircuitReport[];
}
