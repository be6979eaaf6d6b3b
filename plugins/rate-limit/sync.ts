import { type Charge, MAX_TIMER_MS, type Scope, type Store, type Taken } from "../../src/plugin.ts";
import type { LimitMetrics } from "./metrics.ts";

/** Keys whose counts wait to be told; what is counted beyond is told to nobody. */
const MAX_KEYS = 50_000;
/** On their way to the store at once. */
const BATCH = 500;

interface Entry {
  readonly charge: Charge;
  /** Taken here since the last exchange. */
  count: number;
}

/**
 * Limits that each gateway counts by itself and compares from time to time. What it has counted is charged to the shared
 * limit, room or not; where others have used it too, the local one is charged with their part. So each gateway alone
 * keeps the limit at every moment, and what all of them let through too much is owed, and refused later.
 */
export class Syncer {
  readonly #store: Store;
  readonly #local: Scope["local"];
  readonly #everyMs: number;
  readonly #counts: LimitMetrics;
  #entries = new Map<string, Entry>();
  #timer: Timer | undefined = undefined;
  #isAtWork = false;

  constructor(store: Store, local: Scope["local"], everyMs: number, counts: LimitMetrics) {
    this.#store = store;
    this.#local = local;
    this.#everyMs = everyMs;
    this.#counts = counts;
  }

  /** Counts what was charged here, or given back. */
  note(charges: readonly Charge[], isGivenBack: boolean): void {
    for (const charge of charges) {
      const { key, policy, cost = 1 } = charge;
      const id = `${policy.id} ${key}`;
      const entry = this.#entries.get(id);
      const count = isGivenBack ? -cost : cost;
      if (entry !== undefined) entry.count += count;
      else if (this.#entries.size < MAX_KEYS) this.#entries.set(id, { charge, count });
      else this.#counts.lost.inc();
    }
    this.#arm();
  }

  /** Compares now; resolves when it is done. It never rejects. */
  async exchange(): Promise<void> {
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const entries = [...this.#entries.values()];
    for (let start = 0; start < entries.length; start += BATCH) {
      const told = await Promise.all(entries.slice(start, start + BATCH).map((entry) => this.#tell(entry)));
      // The rest waits until the store answers again.
      if (told.includes(false)) break;
    }
    for (const [id, { count }] of this.#entries) if (count === 0) this.#entries.delete(id);
    this.#isAtWork = false;
    if (this.#entries.size > 0) this.#arm();
  }

  /** False if the store did not answer. */
  async #tell(entry: Entry): Promise<boolean> {
    const { count, charge } = entry;
    try {
      if (count < 0) await this.#store.giveBack([{ ...charge, cost: -count }]);
      const [shared] = await this.#store.take([{ ...charge, cost: Math.max(count, 0), isForced: true }]);
      entry.count -= count;
      if (shared !== undefined) this.#follow(entry, shared);
      return true;
    } catch {
      this.#counts.fallback.inc();
      return false;
    }
  }

  /** Charges the local limit with what others have used. */
  #follow({ charge, count }: Entry, shared: Taken): void {
    const [own] = this.#local.takeNow([{ ...charge, cost: 0, isForced: true }]);
    if (own === undefined) return;
    // What was counted here meanwhile is not in the answer.
    const others = own.remaining + count - shared.remaining;
    if (others > 0) this.#local.takeNow([{ ...charge, cost: others, isForced: true }]);
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#isAtWork) return;
    this.#timer = setTimeout(() => void this.exchange(), Math.min(this.#everyMs, MAX_TIMER_MS));
    this.#timer.unref();
  }
}

/** The one of all instances that compare at this pace; it outlives reloads. */
export function syncerOf({ state, store, local }: Scope, everyMs: number, counts: LimitMetrics): Syncer {
  return state(`sync ${everyMs}`, () => new Syncer(store, local, everyMs, counts));
}
