/** Runs one piece of work after the other: what one decides, the next one sees. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Rejects with what the work rejects with; the next one runs all the same. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => {
      // Whoever asked for it is told.
    });
    return next;
  }
}
