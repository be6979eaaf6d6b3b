import type { Logger, Scope } from "../../src/plugin.ts";
import { Flights } from "./flights.ts";
import { Memory } from "./memory.ts";
import type { CacheMetrics } from "./metrics.ts";
import { Passes } from "./passes.ts";
import { PurgeLog } from "./purges.ts";
import { Purging } from "./purging.ts";
import type { RulesPolicy } from "./rules/policy.ts";
import { Tier } from "./tier/tier.ts";
import type { UrlKey } from "./url-key.ts";

/** For so long it is remembered that a URL has nothing to store, in ms. */
const PASS_MS = 10_000;

/** What all routes with a cache share in this process; it outlives reloads. */
export interface Shared {
  readonly memory: Memory;
  readonly flights: Flights;
  readonly passes: Passes;
  readonly purges: PurgeLog;
  readonly purging: Purging;
  /** Of all routes that share replies with other gateways. */
  readonly tier: Tier;
  /** How URLs become keys in the configurations at work, by the options that say so. */
  readonly urlKeys: UrlKeys;
}

export function createShared(scope: Scope): Shared {
  const kept = {
    memory: new Memory(scope.cacheBytes),
    flights: new Flights(),
    passes: new Passes(PASS_MS),
    purges: new PurgeLog(),
    urlKeys: new UrlKeys(),
  };
  const tier = new Tier(scope);
  const purging = new Purging({ ...kept, tier }, scope);
  purging.listen();
  return { ...kept, purging, tier };
}

/** The ways in which routes make keys of URLs: one URL may be stored under each of them. */
export class UrlKeys {
  readonly #used = new Map<string, { readonly key: UrlKey; uses: number }>();

  /** The function made for these options, in use until `drop`. */
  take(options: string, create: () => UrlKey): UrlKey {
    const known = this.#used.get(options) ?? { key: create(), uses: 0 };
    known.uses++;
    this.#used.set(options, known);
    return known.key;
  }

  drop(options: string): void {
    const known = this.#used.get(options);
    if (known !== undefined && --known.uses === 0) this.#used.delete(options);
  }

  *all(): IterableIterator<UrlKey> {
    for (const { key } of this.#used.values()) yield key;
  }
}

/** What one route's cache works with. */
export interface RouteParts {
  readonly shared: Shared;
  readonly policy: RulesPolicy;
  /** Undefined where only this process keeps replies. */
  readonly tier: Tier | undefined;
  readonly keepsInMemory: boolean;
  /** Bytes of content; longer replies are not stored: `max-object`, or what there is ever room for. */
  readonly maxObject: number;
  readonly metrics: CacheMetrics;
  readonly log: Logger;
  now(): number;
}
