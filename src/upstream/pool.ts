import { GatewayError } from "../errors.ts";
import { Timeout } from "../timeouts.ts";
import type { UpstreamConnection } from "./connection.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import { type Dialer, type DialOwner, openConnection } from "./dial.ts";
import type { Exchange, ExchangeHolder } from "./exchange.ts";
import type { TargetStats } from "./stats.ts";
import type { UpstreamTimeouts } from "./timeouts.ts";

export interface PoolLimits {
  /** Connections that carry no tunnel. */
  readonly maxConnections: number;
  /** Tunnels, and requests that may become one. */
  readonly maxTunnels: number;
  readonly maxIdle: number;
  readonly maxPending: number;
  /** A connection older than this is not used again. */
  readonly maxAgeMs: number;
}

/** The connections to one target: exchanges run on an idle one, on a new one, or wait in turn. */
export class Pool implements ConnectionOwner, DialOwner, ExchangeHolder {
  readonly timeouts: UpstreamTimeouts;
  readonly stats: TargetStats;
  /** What the last attempt to connect has shown. */
  health: "unknown" | "up" | "down" = "unknown";
  readonly #dialer: Dialer;
  readonly #limits: PoolLimits;
  /** The last in is the first out: the rest can age. */
  readonly #idle: UpstreamConnection[] = [];
  readonly #waiting: Exchange[] = [];
  #open = 0;
  #opening = 0;
  /** Being opened still, though nobody waits for them any more. */
  #givenUp = 0;
  #tunnels = 0;
  /** Requests on their way that may become tunnels. */
  #offers = 0;
  #isClosed = false;

  constructor(dialer: Dialer, limits: PoolLimits, timeouts: UpstreamTimeouts, stats: TargetStats) {
    this.#dialer = dialer;
    this.#limits = limits;
    this.timeouts = timeouts;
    this.stats = stats;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** Open connections, those being opened or given up while opening included. */
  get open(): number {
    return this.#open;
  }

  get inUse(): number {
    return this.#open - this.#opening - this.#givenUp - this.#idle.length;
  }

  /** Connections in use that carry a tunnel. */
  get tunnels(): number {
    return this.#tunnels;
  }

  get pending(): number {
    return this.#waiting.length;
  }

  /** Runs the exchange as soon as there is a connection; too many waiting is `overloaded`. */
  submit(exchange: Exchange, now: number): void {
    const connection = exchange.isRepeated ? undefined : this.#takeIdle(now);
    if (connection !== undefined) {
      this.stats.reused++;
      connection.run(exchange, now);
      return;
    }
    const canOpen = this.#canOpen;
    if (!canOpen && this.#waiting.length - this.#opening >= this.#limits.maxPending) {
      return exchange.reject(new GatewayError("overloaded", { detail: "Too many requests wait for the service" }));
    }
    exchange.holder = this;
    exchange.waitsSince = now;
    exchange.wait ??= new Timeout(exchange);
    exchange.wait.set(canOpen ? this.timeouts.opening : this.timeouts.pool);
    if (exchange.isRepeated) this.#waiting.unshift(exchange);
    else this.#waiting.push(exchange);
    if (canOpen) this.#dial();
  }

  /** A waiting exchange is given up. */
  drop(exchange: Exchange): void {
    const at = this.#waiting.indexOf(exchange);
    if (at === -1) return;
    this.#waiting.splice(at, 1);
    this.#hasWaited(exchange, performance.now());
  }

  /** Closes what is idle, and the rest after its exchange. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#idle.splice(0)) connection.close(RETIRED);
  }

  /** Takes back what `close` has said; connections that are still in use may be kept again. */
  reopen(): void {
    this.#isClosed = false;
  }

  onReusable(connection: UpstreamConnection, now: number): void {
    if (this.#isClosed || this.#isOld(connection, now)) return connection.close(RETIRED);
    const next = this.#nextForUsed();
    if (next !== undefined) {
      this.stats.reused++;
      this.#hasWaited(next, now);
      return connection.run(next, now);
    }
    connection.idle(this.#idle.length >= this.#limits.maxIdle, now);
    this.#idle.push(connection);
  }

  onBroken({ code }: GatewayError): void {
    this.stats.countError(code);
  }

  /** It takes no place among the connections any more: another may be opened for those who wait. */
  onUpgraded(): void {
    this.#tunnels++;
    if (this.#waiting.length > this.#opening) this.#dial();
  }

  /** Takes a place among the tunnels for a request that offers to become one; false if there is none. */
  reserveTunnel(): boolean {
    if (this.#tunnels + this.#offers >= this.#limits.maxTunnels) return false;
    this.#offers++;
    return true;
  }

  /** Gives the place back: the request is settled, and a tunnel that came of it is counted as one. */
  releaseTunnel(): void {
    this.#offers--;
  }

  onClosed(connection: UpstreamConnection, repeat: Exchange | undefined): void {
    this.#open--;
    if (connection.isUpgraded) this.#tunnels--;
    this.stats.closed++;
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    if (repeat !== undefined) {
      repeat.isRepeated = true;
      repeat.countAttempt();
      this.submit(repeat, performance.now());
    } else if (this.#waiting.length > this.#opening) this.#dial();
  }

  onIdleTimeout(connection: UpstreamConnection): void {
    const { surplus, keep } = this.timeouts;
    const isWanted = connection.isSurplus && this.#idle.length <= this.#limits.maxIdle;
    if (isWanted && surplus.ms < keep.ms) connection.idle(false, performance.now());
    else connection.close(RETIRED);
  }

  onDialed(connection: UpstreamConnection): void {
    this.#opening--;
    this.health = "up";
    this.stats.created++;
    const next = this.#waiting.shift();
    const now = performance.now();
    if (next === undefined) return this.onReusable(connection, now);
    this.#hasWaited(next, now);
    connection.run(next, now);
  }

  onDialFailed(error: GatewayError): void {
    this.#opening--;
    this.health = "down";
    this.#givenUp++;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#hasWaited(next, performance.now());
    next.reject(error);
  }

  onDialClosed(): void {
    this.#givenUp--;
    this.#open--;
    if (this.#waiting.length > this.#opening) this.#dial();
  }

  #hasWaited(exchange: Exchange, now: number): void {
    exchange.wait?.clear();
    this.stats.waits.observe((now - exchange.waitsSince) / 1_000);
  }

  /** The connection used last; those that have become too old meanwhile are closed. */
  #takeIdle(now: number): UpstreamConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || !this.#isOld(connection, now)) return connection;
      connection.close(RETIRED);
    }
  }

  #isOld(connection: UpstreamConnection, now: number): boolean {
    return now - connection.openedAt > this.#limits.maxAgeMs;
  }

  /** The first of the queue that may run on a used connection: one that is repeated has its new one on the way. */
  #nextForUsed(): Exchange | undefined {
    for (let i = 0; i < this.#waiting.length; i++) {
      if (this.#waiting[i]?.isRepeated === false) return this.#waiting.splice(i, 1)[0];
    }
    return undefined;
  }

  get #canOpen(): boolean {
    return this.#open - this.#tunnels < this.#limits.maxConnections;
  }

  #dial(): void {
    if (!this.#canOpen) return;
    this.#open++;
    this.#opening++;
    openConnection(this.#dialer, this);
  }
}

/** For connections that nothing runs on: nobody is told. */
const RETIRED = new GatewayError("upstream_reset");
