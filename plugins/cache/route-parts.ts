import type { Logger } from "../../src/plugin.ts";
import type { CacheMetrics } from "./metrics.ts";
import type { RulesPolicy } from "./rules/policy.ts";
import type { Shared } from "./shared.ts";
import type { Tier } from "./tier/tier.ts";

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
