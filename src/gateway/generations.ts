import type { Snapshot } from "../snapshot.ts";
import { Generation } from "./generation.ts";

/** Snapshots that requests still go by, at most: of more the oldest is closed all the same. */
const MOST_OLD = 16;

/** The snapshot at work, and those before it that requests still go by. */
export class Generations {
  /** Read once by each request. */
  current: Generation;
  readonly #old = new Set<Generation>();

  constructor(first: Snapshot) {
    this.current = this.of(first);
  }

  /** One that is not at work yet. */
  of(snapshot: Snapshot): Generation {
    return new Generation(snapshot, (generation) => this.#old.delete(generation));
  }

  /** Requests go by this one from now on; the one before is closed after its last. */
  replace(next: Generation): void {
    const before = this.current;
    this.current = next;
    this.#old.add(before);
    before.retire();
    const [oldest] = this.#old;
    if (oldest === undefined || this.#old.size <= MOST_OLD) return;
    this.#old.delete(oldest);
    void oldest.close();
  }

  /** Closes the plugins of all of them at once. */
  async close(): Promise<void> {
    await Promise.all([this.current, ...this.#old].map((generation) => generation.close()));
  }
}
