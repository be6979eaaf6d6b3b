/** One target as a source tells it. */
export interface FoundTarget {
  /** As in `targets`: `http://host:port`, `https://host:port` or `unix:/path`. */
  readonly url: string;
  /** Its share of the requests; 0: none. */
  readonly weight: number;
}

/** Where a source tells what it learns. */
export interface SourceSink {
  /** All targets that there are now; an empty list says that there is none. */
  found(targets: readonly FoundTarget[]): void;
  /** What it asks has failed, and it goes on by itself: the old targets stay. */
  failed(error: unknown): void;
}

/** Knows the targets of a service from somewhere outside of the configuration. */
export interface Source {
  /** In words, for the log and the admin port; never a secret. */
  readonly label: string;
  /**
   * Tells the sink of every answer until the signal aborts. Rejects when it cannot go on: then it is called again after a
   * pause, and goes on where it was if it can.
   */
  follow(sink: SourceSink, signal: AbortSignal): Promise<void>;
}
