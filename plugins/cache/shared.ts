import type { Scope } from "../../src/plugin.ts";
import { Flights } from "./flights.ts";
import { Memory } from "./memory.ts";
import { Passes } from "./passes.ts";
import { PurgeLog } from "./purge/purge.ts";
import { Purging } from "./purge/purging.ts";
import { Tier } from "./tier/tier.ts";
import { UrlKeys } from "./url-keys.ts";

/** For so long it is remembered that a URL has nothing to store, in ms. */
const PASS_MS = 10_000;

/** What all routes with a cache share in this process; it outlives reloads. */
export interface Shared {
  readonly memory: Memory;
  readonly flights: Flights;
  readonly passes: Passes;
  /** What gateways share and is being asked for anew, beside stale answers. */
  readonly refreshing: Set<string>;
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
    refreshing: new Set<string>(),
    purges: new PurgeLog(),
    urlKeys: new UrlKeys(),
  };
  const tier = new Tier(scope);
  const purging = new Purging({ ...kept, tier }, scope);
  purging.listen();
  return { ...kept, purging, tier };
}
