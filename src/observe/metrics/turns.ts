/** How long a scrape works at a time, in ms. */
const TURN_MS = 2;

/** Lets requests be served in between where a lot of metrics is gathered. */
export class Turns {
  #endsAt = performance.now() + TURN_MS;

  /** Whether others have waited long enough. */
  get isOver(): boolean {
    return performance.now() >= this.#endsAt;
  }

  /** Resolves when others have had their turn. */
  async next(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#endsAt = performance.now() + TURN_MS;
  }
}
