import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import { offerOf } from "../http1/upgrade.ts";
import type { PendingReply } from "../message/pending.ts";
import type { TargetAddress } from "./address.ts";
import type { DeadlineHeader } from "./deadline.ts";
import type { Dialer } from "./dial.ts";
import { Exchange } from "./exchange.ts";
import type { TargetHealth } from "./health/target-health.ts";
import { Pool, type PoolLimits } from "./pool.ts";
import { TargetStats } from "./stats.ts";
import type { UpstreamTimeouts } from "./timeouts.ts";

export interface TargetOptions {
  readonly weight: number;
  /** Send the client's Host instead of the target's own. */
  readonly preserveHost: boolean;
  readonly limits: PoolLimits;
  readonly timeouts: UpstreamTimeouts;
  readonly deadline?: DeadlineHeader | undefined;
  readonly health: TargetHealth;
}

/** One address of a service, with its connections and its record. */
export class Target {
  readonly url: string;
  /** Changes only together with the service's balancer. */
  weight: number;
  readonly address: TargetAddress;
  readonly stats = new TargetStats();
  readonly pool: Pool;
  readonly health: TargetHealth;
  readonly dialer: Dialer;
  readonly #preserveHost: boolean;
  readonly #timeouts: UpstreamTimeouts;
  readonly #deadline: DeadlineHeader | undefined;

  constructor(dialer: Dialer, options: TargetOptions) {
    this.url = dialer.address.url;
    this.address = dialer.address;
    this.weight = options.weight;
    this.health = options.health;
    this.pool = new Pool(dialer, options.limits, options.timeouts, this.stats);
    this.dialer = dialer;
    this.#preserveHost = options.preserveHost;
    this.#timeouts = options.timeouts;
    this.#deadline = options.deadline;
  }

  /** Requests that wait for or use a connection. */
  get inFlight(): number {
    return this.pool.pending + this.pool.inUse;
  }

  /** Addresses that the target's name has at the moment. */
  get addresses(): readonly string[] {
    return this.address.unixPath === undefined ? this.dialer.resolver.current() : [];
  }

  /** Sends the request; fails with a GatewayError. */
  send(ctx: Context): PendingReply {
    const host = this.#preserveHost && ctx.request.host !== "" ? ctx.request.host : this.address.hostHeader;
    const exchange = new Exchange(ctx, host, this.stats);
    exchange.deadline = this.#deadline;
    exchange.listener = this.health.listener;
    if (ctx.isAborted) {
      exchange.reject(ctx.error ?? new GatewayError("client_closed"));
      return exchange;
    }
    const now = performance.now();
    if (ctx.attempts === 0) ctx.upstreamStartedAt = now;
    exchange.countAttempt();
    if (offerOf(ctx) !== undefined && !this.#reserveTunnel(exchange)) return exchange;
    ctx.inFlight = exchange;
    this.#startTotal(ctx, exchange, now);
    if (!exchange.isSettled) this.pool.submit(exchange, now);
    return exchange;
  }

  /** One deadline for all attempts. A body that is still coming takes its time: the total begins when it has been sent. */
  #startTotal(ctx: Context, exchange: Exchange, now: number): void {
    if (ctx.deadlineAt !== Number.POSITIVE_INFINITY) exchange.startRest(ctx.deadlineAt - now);
    if (ctx.request.body.isInMemory) exchange.startTotal(this.#timeouts.total, now);
  }

  /** Idle connections close, those in use after their request. */
  close(): void {
    this.pool.close();
  }

  /** It is in use again. */
  reopen(): void {
    this.pool.reopen();
  }

  /** Until the exchange is settled: what has switched then is counted by the pool itself. Without a place it fails. */
  #reserveTunnel(exchange: Exchange): boolean {
    const { pool } = this;
    if (!pool.reserveTunnel()) {
      exchange.reject(new GatewayError("overloaded", { detail: "Too many tunnels to the service are open" }));
      return false;
    }
    exchange.reservation = pool;
    return true;
  }
}
