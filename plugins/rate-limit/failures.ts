import {
  type Charge,
  type Context,
  compileKey,
  contextKey,
  type KeyOf,
  type LimitPolicy,
  limitPolicy,
  type Scope,
  storeKey,
  type Taken,
} from "../../src/plugin.ts";
import { amountOf } from "./amount.ts";
import { type BarredMs, type Room, Tries } from "./tries.ts";

/** Addresses whose failures are remembered here; the one that failed first gives way. */
const MAX_FAILED = 10_000;
/** What the store tells is rounded up by less than this; in ms. */
const ROUNDED_MS = 1;

/**
 * Limits failed authentications by address. A reply with 401 is counted, in the store; this gateway remembers what was
 * left then, so that the requests of all who have not failed cost it nothing.
 */
export class FailureLimit implements Room {
  readonly #scope: Scope;
  readonly #policy: LimitPolicy;
  readonly #intervalMs: number;
  readonly #keyOf: KeyOf;
  readonly #space: string;
  /** Ms since 1970 when all failures are forgotten, by key. */
  readonly #failed: Map<string, number>;
  readonly #tries: Tries;
  readonly #tryKey = contextKey<string | undefined>("whose authentication is under way");

  /** @param limit as in the options: `10/m`. Throws RangeError. */
  constructor(limit: string, ipv6Prefix: number, scope: Scope) {
    this.#scope = scope;
    this.#policy = limitPolicy({ kind: "gcra", ...amountOf(limit, undefined) });
    this.#intervalMs = this.#policy.intervalUs / 1_000;
    this.#keyOf = compileKey("ip", { route: scope.route, service: scope.service, ipv6Prefix });
    this.#space = `${storeKey(scope.site, "authentication-failures")}:`;
    this.#failed = scope.state(`failed ${scope.site}`, () => new Map());
    this.#tries = scope.state(`tries ${scope.site}`, () => new Tries());
  }

  /** Before authentication. Ms for which the client is barred; 0 if it is not: then `leave` has to follow. */
  enter(ctx: Context): BarredMs | Promise<BarredMs> {
    const key = this.#keyOf(ctx);
    const barredMs = this.#tries.enter(key, this, () => ctx.signal);
    if (typeof barredMs !== "number") return this.#enterLater(ctx, key, barredMs);
    if (barredMs === 0) ctx.set(this.#tryKey, key);
    return barredMs;
  }

  async #enterLater(ctx: Context, key: string, pending: Promise<BarredMs>): Promise<BarredMs> {
    const barredMs = await pending;
    if (barredMs === 0) ctx.set(this.#tryKey, key);
    return barredMs;
  }

  /** After authentication, or when the request has ended without it; more than once does no harm. */
  leave(ctx: Context): void {
    const key = ctx.get(this.#tryKey);
    if (key === undefined) return;
    ctx.set(this.#tryKey, undefined);
    this.#tries.leave(key, this);
  }

  /** Counts a failure, in the store, or here if it does not answer; then it leaves. */
  async count(ctx: Context): Promise<void> {
    const key = this.#keyOf(ctx);
    const [taken] = await this.#take([{ key: this.#space + key, policy: this.#policy }]);
    if (taken !== undefined) this.#remember(key, taken);
    this.leave(ctx);
  }

  left(key: string): number {
    return this.#policy.burst - Math.ceil(this.#usedMs(key) / this.#intervalMs);
  }

  barredMs(key: string): BarredMs {
    return this.#usedMs(key) - (this.#policy.burst - 1) * this.#intervalMs;
  }

  /** Ms until all failures are forgotten: each takes one interval. */
  #usedMs(key: string): number {
    const resetAt = this.#failed.get(key);
    if (resetAt === undefined) return 0;
    const usedMs = resetAt - this.#scope.now() - ROUNDED_MS;
    if (usedMs > 0) return usedMs;
    this.#failed.delete(key);
    return 0;
  }

  async #take(charges: readonly Charge[]): Promise<readonly Taken[]> {
    const { store, local } = this.#scope;
    try {
      return await store.take(charges);
    } catch {
      return local.take(charges).catch(() => []);
    }
  }

  #remember(key: string, { resetAfterMs }: Taken): void {
    const [oldest] = this.#failed.keys();
    // Who has failed last is forgotten last.
    const isKnown = this.#failed.delete(key);
    if (!isKnown && this.#failed.size >= MAX_FAILED && oldest !== undefined) this.#failed.delete(oldest);
    this.#failed.set(key, this.#scope.now() + resetAfterMs);
  }
}
