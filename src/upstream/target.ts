import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import { offerOf } from "../http1/upgrade.ts";
import type { Reply } from "../message/reply.ts";
import type { TargetAddress } from "./address.ts";
import type { Dialer } from "./dial.ts";
import { Exchange } from "./exchange.ts";
import { Pool, type PoolLimits } from "./pool.ts";
import { TargetStats } from "./stats.ts";
import type { UpstreamTimeouts } from "./timeouts.ts";
import { refuseLoop } from "./write-head.ts";

export interface TargetOptions {
  readonly weight: number;
  /** Send the client's Host instead of the target's own. */
  readonly preserveHost: boolean;
  readonly limits: PoolLimits;
  readonly timeouts: UpstreamTimeouts;
}

/** One address of a service, with its connections and its record. */
export class Target {
  readonly url: string;
  readonly weight: number;
  readonly address: TargetAddress;
  readonly stats = new TargetStats();
  readonly pool: Pool;
  readonly #dialer: Dialer;
  readonly #preserveHost: boolean;
  readonly #timeouts: UpstreamTimeouts;

  constructor(dialer: Dialer, options: TargetOptions) {
    this.url = dialer.address.url;
    this.address = dialer.address;
    this.weight = options.weight;
    this.pool = new Pool(dialer, options.limits, options.timeouts, this.stats);
    this.#dialer = dialer;
    this.#preserveHost = options.preserveHost;
    this.#timeouts = options.timeouts;
  }

  /** Requests that wait for or use a connection. */
  get inFlight(): number {
    return this.pool.pending + this.pool.inUse;
  }

  /** Addresses that the target's name has at the moment. */
  get addresses(): readonly string[] {
    return this.address.unixPath === undefined ? this.#dialer.resolver.current() : [];
  }

  /** Sends the request; rejects with a GatewayError. */
  send(ctx: Context): Promise<Reply> {
    if (ctx.isAborted) return Promise.reject(ctx.error ?? new GatewayError("client_closed"));
    const isOffer = offerOf(ctx) !== undefined;
    if (isOffer && !this.pool.reserveTunnel()) return this.#refuseTunnel();
    const host = this.#preserveHost && ctx.request.host !== "" ? ctx.request.host : this.address.hostHeader;
    refuseLoop(ctx.request.headers);
    const exchange = new Exchange(ctx, host, this.stats);
    const now = performance.now();
    const isFirst = ctx.attempts === 0;
    ctx.inFlight = exchange;
    ctx.attempts++;
    this.stats.attempts++;
    if (isFirst) ctx.upstreamStartedAt = now;
    // A body that is still coming takes its time; the total begins when it has been sent.
    if (!isFirst) exchange.startRest(this.#timeouts.total.ms - (now - ctx.upstreamStartedAt));
    else if (ctx.request.body.inMemory !== undefined) exchange.startTotal(this.#timeouts.total, now);
    if (!exchange.isSettled) this.pool.submit(exchange, now);
    if (isOffer) this.#releaseAfter(exchange);
    return exchange.reply;
  }

  close(): void {
    this.pool.close();
  }

  #refuseTunnel(): Promise<Reply> {
    const error = new GatewayError("overloaded", { detail: "Too many tunnels to the service are open" });
    this.stats.countError(error.code);
    return Promise.reject(error);
  }

  /** A reply that has switched is counted by the pool itself. */
  #releaseAfter({ reply }: Exchange): void {
    const release = () => this.pool.releaseTunnel();
    reply.then(release, release);
  }
}
