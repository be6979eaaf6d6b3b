/** How long a turn of the event loop may be used up, in ms: requests wait meanwhile. */
const MOST_MS = 8;

/** Long work in steps: between them, now and then, all else of the process has its turn. */
export class Breathing {
  #since = performance.now();

  /** Between two steps; resolves at once as long as the turn is short. */
  async step(): Promise<void> {
    if (performance.now() - this.#since < MOST_MS) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    setImmediate(resolve);
    await promise;
    this.#since = performance.now();
  }
}
