import { GatewayError, type KeyRecord, type KeyRing, Remembered, SharedCalls, StoreError } from "../../src/plugin.ts";

/** What the store has said of an id. */
export interface Known {
  /** Undefined: there is no such key. */
  readonly record: KeyRecord | undefined;
  /** Ms since 1970. */
  readonly askedAt: number;
  /** Of the cache at that time: after a doubt it is another. */
  readonly generation: number;
  /** Kept until then, in ms since 1970. */
  readonly endsAtMs: number;
  /** The store was asked again and did not answer: until then nobody asks it once more. */
  retryAt: number;
}

const BOUNDS = { entries: 20_000, bytes: 32 * 1_048_576 };
/** How long an answer is kept at all, in ms: for when the store is away. */
export const LAST_KNOWN_MS = 3_600_000;
const RETRY_MS = 1_000;

/** How an instance of the plugin uses the cache. */
export interface Trust {
  /** Ms for which an answer of the store is believed. */
  readonly cacheMs: number;
  /** While the store does not answer. */
  readonly whenAway: "deny" | "last-known";
}

/** Keys as the store has them, looked up when they are asked for and believed for a short time. */
export class KeyCache {
  readonly #ring: KeyRing;
  readonly #now: () => number;
  readonly #known = new Remembered<Known>(BOUNDS);
  /** Ids that do not exist are kept apart: whoever makes them up must not push real ones out. */
  readonly #unknown = new Remembered<Known>(BOUNDS);
  readonly #calls = new SharedCalls<Known>();
  #generation = 0;

  constructor(ring: KeyRing, now: () => number) {
    this.#ring = ring;
    this.#now = now;
  }

  /** What may be believed without asking; undefined if the store has to be asked. */
  fresh(id: string, { cacheMs, whenAway }: Trust, now: number): Known | undefined {
    const known = this.#known.get(id, now) ?? this.#unknown.get(id, now);
    if (known === undefined) return undefined;
    if (now < known.askedAt + cacheMs && known.generation === this.#generation) return known;
    return whenAway === "last-known" && now < known.retryAt ? known : undefined;
  }

  /** Asks the store. Rejects with `store_unavailable` where it does not answer and nothing known may be believed. */
  async ask(id: string, { whenAway }: Trust): Promise<Known> {
    try {
      return await this.#calls.run(id, (isCurrent) => this.#ask(id, isCurrent));
    } catch (cause) {
      if (!(cause instanceof StoreError)) throw cause;
      const now = this.#now();
      const known = whenAway === "last-known" ? this.#known.get(id, now) : undefined;
      if (known === undefined) throw new GatewayError("store_unavailable", { cause });
      known.retryAt = now + RETRY_MS;
      return known;
    }
  }

  /** The key has changed: what is known of it is wrong, also what is on its way. */
  forget(id: string): void {
    this.#known.delete(id);
    this.#unknown.delete(id);
    this.#calls.forget(id);
  }

  /** Changes may have been missed: nothing is believed any more, but while the store is away. */
  doubt(): void {
    this.#generation++;
    this.#calls.forgetAll();
  }

  async #ask(id: string, isCurrent: () => boolean): Promise<Known> {
    const askedAt = this.#now();
    const generation = this.#generation;
    const record = await this.#ring.find(id, {});
    const known: Known = { record, askedAt, generation, endsAtMs: askedAt + LAST_KNOWN_MS, retryAt: 0 };
    if (!isCurrent()) return known;
    const [mine, other] = record === undefined ? [this.#unknown, this.#known] : [this.#known, this.#unknown];
    other.delete(id);
    mine.set(id, known, sizeOf(record));
    return known;
  }
}

/** Bytes, reckoned roughly. */
function sizeOf(record: KeyRecord | undefined): number {
  return record === undefined ? 200 : 500 + 2 * JSON.stringify(record).length;
}
