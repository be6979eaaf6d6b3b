import {
  type Charge,
  type Context,
  compileKey,
  type KeyOf,
  type LimitPolicy,
  limitPolicy,
  type Scope,
  storeKey,
  type Taken,
} from "../../src/plugin.ts";
import { amountOf } from "./amount.ts";

/** Addresses that are remembered as barred; the one that was barred first gives way. */
const MAX_BARRED = 10_000;

/**
 * Limits failed authentications by address. A reply with 401 is counted; whose count is used up is barred by this
 * gateway until there is room again, so that the requests of all others cost nothing.
 */
export class FailureLimit {
  readonly #scope: Scope;
  readonly #policy: LimitPolicy;
  readonly #keyOf: KeyOf;
  readonly #space: string;
  /** Ms since 1970 until when, by key. */
  readonly #barred: Map<string, number>;

  /** @param limit as in the options: `10/m`. Throws RangeError. */
  constructor(limit: string, ipv6Prefix: number, scope: Scope) {
    this.#scope = scope;
    this.#policy = limitPolicy({ kind: "gcra", ...amountOf(limit, undefined) });
    this.#keyOf = compileKey("ip", { route: scope.route, service: scope.service, ipv6Prefix });
    this.#space = `${storeKey(scope.site, "authentication-failures")}:`;
    this.#barred = scope.state(`barred ${scope.site}`, () => new Map());
  }

  /** Ms for which the client is barred; 0 if it is not. */
  barredMs(ctx: Context): number {
    if (this.#barred.size === 0) return 0;
    const key = this.#keyOf(ctx);
    const until = this.#barred.get(key);
    if (until === undefined) return 0;
    const leftMs = until - this.#scope.now();
    if (leftMs > 0) return leftMs;
    this.#barred.delete(key);
    return 0;
  }

  /** Counts a failure: in the store, or here if it does not answer. */
  async count(ctx: Context): Promise<void> {
    const key = this.#keyOf(ctx);
    const [taken] = await this.#take([{ key: this.#space + key, policy: this.#policy }]);
    if (taken === undefined) return;
    const waitMs = taken.allowed ? this.#nextMs(taken) : taken.retryAfterMs;
    if (waitMs > 0) this.#bar(key, waitMs);
  }

  async #take(charges: readonly Charge[]): Promise<readonly Taken[]> {
    const { store, local } = this.#scope;
    try {
      return await store.take(charges);
    } catch {
      return local.take(charges).catch(() => []);
    }
  }

  /** Ms until another failure has room. */
  #nextMs({ remaining, resetAfterMs }: Taken): number {
    const { burst, intervalUs } = this.#policy;
    return remaining > 0 ? 0 : Math.ceil(resetAfterMs - ((burst - 1) * intervalUs) / 1_000);
  }

  #bar(key: string, ms: number): void {
    const [oldest] = this.#barred.keys();
    if (this.#barred.size >= MAX_BARRED && oldest !== undefined) this.#barred.delete(oldest);
    this.#barred.set(key, this.#scope.now() + ms);
  }
}
