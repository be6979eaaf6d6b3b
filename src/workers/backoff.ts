const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/** A worker that has served so long has not failed because of how it was started. */
const HEALTHY_MS = 30_000;

/** How long a worker that has ended waits for its next start: doubled each time, from 100 ms to 10 s. */
export class Backoff {
  #nextMs = FIRST_MS;

  /** The wait in ms, after the worker has served for that long; half a minute of service begins anew. */
  next(servedMs: number): number {
    if (servedMs >= HEALTHY_MS) this.#nextMs = FIRST_MS;
    const delay = this.#nextMs;
    this.#nextMs = Math.min(delay * 2, LONGEST_MS);
    return delay;
  }
}
