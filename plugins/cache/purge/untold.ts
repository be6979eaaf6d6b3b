import type { Entry } from "../entry.ts";
import type { UrlKeys } from "../url-keys.ts";
import { type Purge, type PurgeTest, purgeTest } from "./purge.ts";
import { isPurged } from "./record.ts";

/** A purge that the store does not know of. */
export interface UntoldPurge {
  readonly purge: Purge;
  readonly test: PurgeTest;
  /** When it was asked for, in ms since 1970. */
  readonly atMs: number;
}

/** More than this are one purge of everything. */
const MOST = 1_000;

/** Purges that the store has not taken yet: what it has from before them is not used here. */
export class Untold {
  #purges: UntoldPurge[] = [];

  get size(): number {
    return this.#purges.length;
  }

  add(purge: Purge, urlKeys: UrlKeys, atMs: number): void {
    const isTooMany = this.#purges.length >= MOST;
    const added: Purge = isTooMany ? { target: { kind: "all" }, isSoft: false } : purge;
    if (isTooMany) this.#purges = [];
    this.#purges.push({ purge: added, test: purgeTest(added.target, urlKeys), atMs });
  }

  /** The one that has waited longest. */
  get first(): UntoldPurge | undefined {
    return this.#purges[0];
  }

  /** The store has taken it. */
  remove(told: UntoldPurge): void {
    this.#purges = this.#purges.filter((one) => one !== told);
  }

  /** Whether a response that the store has may be one that was purged. */
  isAbout(url: string, { stored: { receivedMs, tags } }: Entry): boolean {
    return this.#purges.some(({ test, atMs }) => isPurged(receivedMs, atMs) && test(url, tags));
  }
}
