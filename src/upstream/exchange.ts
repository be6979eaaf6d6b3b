import type { Cancellable } from "../context/hooks.ts";
import type { RequestTrace } from "../context/trace.ts";
import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { PendingReply, ReplyReceiver } from "../message/pending.ts";
import type { Reply } from "../message/reply.ts";
import { MAX_TIMER_MS, Timeout, type TimeoutOwner, type TimeoutQueue } from "../timeouts.ts";
import type { DeadlineHeader } from "./deadline.ts";
import type { OutcomeListener } from "./health/tools.ts";
import { isIdempotent } from "./idempotent.ts";
import type { TargetStats } from "./stats.ts";

/** Whoever has an exchange at the moment: a pool's queue, or a connection. */
export interface ExchangeHolder {
  /** Stops working on it; does not settle it. */
  drop(exchange: Exchange): void;
}

/** Where a place among the tunnels is kept. */
export interface TunnelReservation {
  releaseTunnel(): void;
}

/**
 * One request on its way to one target, and so the reply to it: it waits in the target's pool, then runs on a
 * connection, on a second one if the first turns out to have been closed by the target.
 */
export class Exchange implements Cancellable, TimeoutOwner, PendingReply {
  readonly ctx: Context;
  /** Value of the Host field that the target gets. */
  readonly host: string;
  holder: ExchangeHolder | undefined = undefined;
  /** It has failed on a stale connection once; the next one is new. */
  isRepeated = false;
  isSettled = false;
  /** Who has kept a place for the tunnel that it may become; given back when it is settled. */
  reservation: TunnelReservation | undefined = undefined;
  /** How the target is told of the time that is left, if it is. */
  deadline: DeadlineHeader | undefined = undefined;
  /** What the target is told of the trace. */
  readonly trace: RequestTrace | undefined;
  /** Told how it has ended; nobody once it ends for a reason that is not the target's. */
  listener: OutcomeListener | undefined = undefined;
  /** For the wait in a pool. */
  wait: Timeout | undefined = undefined;
  /** When that began, on the clock of `performance.now()`. */
  waitsSince = 0;

  #receiver: ReplyReceiver | undefined = undefined;
  /** How it has ended, until the receiver is told. */
  #outcome: Reply | GatewayError | undefined = undefined;
  readonly #total: Timeout;
  #rest: Timer | undefined = undefined;
  readonly #stats: TargetStats;
  #latencyMs = 0;

  constructor(ctx: Context, host: string, stats: TargetStats) {
    this.ctx = ctx;
    this.host = host;
    // Now: another attempt of the same request may have another place in it.
    this.trace = ctx.trace;
    this.#total = new Timeout(this);
    this.#stats = stats;
  }

  deliverTo(receiver: ReplyReceiver): void {
    this.#receiver = receiver;
    if (this.#outcome !== undefined) this.#tellLater();
  }

  #tellLater(): void {
    queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    const receiver = this.#receiver;
    const outcome = this.#outcome;
    if (receiver === undefined || outcome === undefined) return;
    this.#outcome = undefined;
    if (outcome instanceof GatewayError) receiver.onFailure(outcome);
    else receiver.onReply(outcome);
  }

  /** The reply's head has come, so long after the request was given to its connection. */
  onReply(now: number, latencyMs: number): void {
    this.ctx.upstreamRepliedAt = now;
    this.ctx.upstreamEndedAt = now;
    this.#latencyMs = latencyMs;
    this.#stats.recordLatency(latencyMs);
  }

  /**
   * Whether it may run once more after its connection turned out to be closed by the target before a byte of the reply
   * (RFC 9110 §9.2.2, RFC 9112 §9.3.1): nothing had left yet, or its method is idempotent; and its body is still there.
   */
  mayRepeat(hasSent: boolean): boolean {
    const { request } = this.ctx;
    if (this.isRepeated || !request.body.isInMemory) return false;
    return !hasSent || isIdempotent(request.method) || request.headers.has("idempotency-key");
  }

  /** Counts it, and counts it again when it runs once more. */
  countAttempt(): void {
    this.ctx.attempts++;
    this.#stats.attempts++;
  }

  /** Begins what is left of the request's time, in ms; with nothing left it fails at once. */
  startRest(ms: number): void {
    // Timers count whole milliseconds, and may be a fraction early.
    if (ms >= 1) {
      this.#rest = setTimeout(endEarly, Math.min(Math.ceil(ms), MAX_TIMER_MS), this);
      return;
    }
    this.listener = undefined;
    this.cancel(new GatewayError("upstream_timeout"));
  }

  /**
   * Begins the time until the reply's head must be there, of this attempt and all to follow; not where the request's time
   * is over earlier.
   */
  startTotal(queue: TimeoutQueue, now: number): void {
    const endsAt = now + queue.ms;
    if (this.isSettled || this.#total.isSet || this.ctx.deadlineAt <= endsAt) return;
    this.ctx.deadlineAt = endsAt;
    this.#total.set(queue, now);
  }

  resolve(reply: Reply): void {
    if (!this.#settle()) return reply.discard();
    this.#outcome = reply;
    this.listener?.onOutcome(reply.status >= 500, this.#latencyMs);
    this.#tell();
  }

  reject(error: GatewayError): void {
    if (!this.#settle()) return;
    this.ctx.upstreamEndedAt = performance.now();
    // What the client has done wrong is no failure of the target.
    if (error.source !== "downstream") this.#stats.countError(error.code);
    // Nor is it one where the gateway's own limits have stopped it.
    if (error.source === "upstream") this.listener?.onOutcome(true, -1);
    this.#outcome = error;
    // Later, for whoever holds the exchange is still busy with what went wrong.
    if (this.#receiver !== undefined) this.#tellLater();
  }

  /** Stops it wherever it is. */
  cancel(reason: GatewayError): void {
    if (this.isSettled) return;
    const holder = this.holder;
    this.holder = undefined;
    holder?.drop(this);
    this.reject(reason);
  }

  onTimeout(timeout: Timeout): void {
    if (timeout === this.#total) endInTime(this);
    else this.cancel(new GatewayError("overloaded", { detail: "No connection to the service became free in time" }));
  }

  #settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.holder = undefined;
    this.#total.clear();
    if (this.#rest !== undefined) clearTimeout(this.#rest);
    this.wait?.clear();
    this.reservation?.releaseTunnel();
    if (this.ctx.inFlight === this) this.ctx.inFlight = undefined;
    return true;
  }
}

/** The target was given less time than the service has: that it has not answered says nothing of it. */
function endEarly(exchange: Exchange): void {
  exchange.listener = undefined;
  endInTime(exchange);
}

function endInTime(exchange: Exchange): void {
  exchange.cancel(new GatewayError("upstream_timeout", { bytesSent: true }));
}
