import type { KeyRecord, KeyRing } from "../../src/plugin.ts";

/** Keys whose uses are counted between two reports; what is beyond is not counted. */
const MAX_KEYS = 10_000;
/** Reports that are on their way at once. */
const BATCH = 100;

interface Uses {
  readonly record: KeyRecord;
  count: number;
  lastAt: number;
}

/** Counts uses of keys in memory, and adds them to the store's now and then: about right, and free for requests. */
export class UsageCounts {
  #uses = new Map<string, Uses>();
  #reporting: Promise<void> | undefined = undefined;

  count(record: KeyRecord, now: number): void {
    const uses = this.#uses.get(record.id);
    if (uses !== undefined) {
      uses.count++;
      uses.lastAt = now;
    } else if (this.#uses.size < MAX_KEYS) this.#uses.set(record.id, { record, count: 1, lastAt: now });
  }

  /** Reports all so far. What the store does not take is reported next time. Never rejects. */
  report(ring: KeyRing): Promise<void> {
    this.#reporting ??= this.#report(ring).finally(() => {
      this.#reporting = undefined;
    });
    return this.#reporting;
  }

  async #report(ring: KeyRing): Promise<void> {
    const all = [...this.#uses];
    this.#uses = new Map();
    for (let i = 0; i < all.length; i += BATCH) {
      const reports = all
        .slice(i, i + BATCH)
        .map(([, { record, count, lastAt }]) => ring.addUses(record, count, lastAt));
      const results = await Promise.allSettled(reports);
      for (const [j, { status }] of results.entries()) {
        const [id, uses] = all[i + j] ?? [];
        if (status === "rejected" && id !== undefined && uses !== undefined) this.#again(id, uses);
      }
    }
  }

  #again(id: string, failed: Uses): void {
    const uses = this.#uses.get(id);
    if (uses !== undefined) uses.count += failed.count;
    else if (this.#uses.size < MAX_KEYS) this.#uses.set(id, failed);
  }
}
