/** A way to find out how one target is. */
export interface Check {
  /** Undefined if the target is well, else what is wrong; may reject as well. Gives up when the signal is aborted. */
  run(signal: AbortSignal): Promise<string | undefined>;
  /** Gives its connections up. */
  close(): void;
}

/** Connections to a target at a time: where nobody answers, one that was given up stays open for minutes. */
export const MOST_OPEN = 100;
