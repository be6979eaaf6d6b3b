/** Why the store did not do what it was asked. */
export type StoreFailure =
  /** No answer in time; what was asked for may have been done or not. */
  | "timeout"
  /** It cannot be reached, or its answers are not those of a store at work. */
  | "unavailable"
  /** It answers, but takes no writes: a replica, or one that waits for replicas. */
  | "read-only"
  /** It has no memory left for anything new. */
  | "full"
  /** Too much is on its way to it already; nothing was sent. */
  | "overloaded"
  /** The caller's signal was aborted; what was asked for may have been done or not. */
  | "aborted"
  /** The gateway has closed it. */
  | "closed"
  /** It understood, and refused: a bug in the caller, or a key that another program uses for something else. */
  | "refused";

/** The one error of the store. Its message has no address, no secret and no key: it may be logged. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly reason: StoreFailure;

  constructor(reason: StoreFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
