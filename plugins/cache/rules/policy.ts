import type { Heuristic } from "./freshness.ts";

/** What the configuration adds to the rules of the RFCs. Times in ms. */
export interface RulesPolicy {
  /** For a response without freshness of its own; undefined where there is no such policy. */
  ttlOf(status: number): number | undefined;
  readonly heuristic: Heuristic;
  /** Where the response does not say it itself; 0 for not at all. */
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** Responses are kept for each principal by itself. */
  readonly isKeyedByPrincipal: boolean;
  readonly storesCookies: boolean;
}
