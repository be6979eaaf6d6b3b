import { Random } from "../fuzz/random.ts";
import type { Kind, Visit } from "./client.ts";

/** Runs of one kind at a time: a gateway that is slow is not buried. */
const MOST_AT_ONCE = 16;
const TICK_MS = 20;
const MOST_FAILURES = 50;

/** Where clients go. */
export type Ports = Omit<Visit, "random">;

/** Lets clients of each kind begin at their rate, until it is stopped. */
export class Load {
  /** Finished runs by kind. */
  readonly runs = new Map<string, number>();
  /** The first things that went wrong. */
  readonly failures: string[] = [];
  readonly #ports: Ports;
  readonly #seed: number;
  readonly #under = new Map<string, number>();
  readonly #pending = new Set<Promise<void>>();
  #count = 0;

  constructor(ports: Ports, seed: number) {
    this.#ports = ports;
    this.#seed = seed;
  }

  /** All finished runs. */
  get total(): number {
    return this.runs.values().reduce((sum, count) => sum + count, 0);
  }

  /** Runs until the signal, and then until the last client has finished. */
  async run(kinds: readonly Kind[], signal: AbortSignal): Promise<void> {
    const start = performance.now();
    const begun = new Map<string, number>();
    while (!signal.aborted) {
      const seconds = (performance.now() - start) / 1_000;
      for (const kind of kinds) {
        const due = Math.floor(seconds * kind.perSecond) + 1;
        // What could not begin in time is left out, not caught up with.
        if ((begun.get(kind.name) ?? 0) < due) this.#begin(kind);
        begun.set(kind.name, due);
      }
      await Bun.sleep(TICK_MS);
    }
    await Promise.all(this.#pending);
  }

  #begin(kind: Kind): void {
    const under = this.#under.get(kind.name) ?? 0;
    if (under >= MOST_AT_ONCE) return;
    this.#under.set(kind.name, under + 1);
    const pending = this.#visit(kind).finally(() => {
      this.#pending.delete(pending);
      this.#under.set(kind.name, (this.#under.get(kind.name) ?? 1) - 1);
    });
    this.#pending.add(pending);
  }

  async #visit(kind: Kind): Promise<void> {
    const seed = this.#seed + this.#count++;
    try {
      await kind.run({ ...this.#ports, random: new Random(seed) });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (this.failures.length < MOST_FAILURES)
        this.failures.push(`${kind.name} (seed ${seed}): ${text.slice(0, 500)}`);
    }
    this.runs.set(kind.name, (this.runs.get(kind.name) ?? 0) + 1);
  }
}
