import {
  type Context,
  GatewayError,
  type Handler,
  type Reply,
  Timeout,
  type TimeoutOwner,
  timeoutQueue,
} from "../../src/plugin.ts";
import type { Budget } from "./budget.ts";
import type { LatencyWindow } from "./latency.ts";
import type { RetryMetrics } from "./metrics.ts";
import type { RetryOptions } from "./options.ts";
import type { Policy } from "./policy.ts";

/** What two tries at a time need, made once for each route. */
export interface HedgeParts {
  readonly options: RetryOptions;
  readonly policy: Policy;
  readonly budget: Budget;
  readonly metrics: RetryMetrics;
  readonly latency: LatencyWindow;
}

/** Makes a second try beside a first that is slow. The first good answer counts, and the other try is ended. */
export function hedged(next: Handler, hedge: NonNullable<RetryOptions["hedge"]>, parts: HedgeParts): Handler {
  const { after, methods } = hedge;
  const mayHedge = new Set<string>(methods);
  return (ctx) => {
    const { request } = ctx;
    if (!mayHedge.has(request.method) || ctx.upgrade !== undefined || !request.body.isInMemory) return next(ctx);
    const delayMs = after === "p95" ? parts.latency.p95() : after;
    return new HedgedTry(ctx, next, parts).run(delayMs);
  };
}

/** For the slower of the two: nobody is to blame. */
const LOST = new GatewayError("client_closed");

type Result = Reply | GatewayError;

class HedgedTry implements TimeoutOwner {
  readonly #ctx: Context;
  readonly #next: Handler;
  readonly #parts: HedgeParts;
  readonly #done = Promise.withResolvers<Reply>();
  readonly #startedAt = performance.now();
  readonly #forks: Context[] = [];
  #pending = 0;
  #isOver = false;
  readonly #timeout = new Timeout(this);
  /** The one that failed first, while the other may still be good. */
  #failed: Result | undefined = undefined;

  constructor(ctx: Context, next: Handler, parts: HedgeParts) {
    this.#ctx = ctx;
    this.#next = next;
    this.#parts = parts;
  }

  /** Without a delay there is no second try. */
  run(delayMs: number | undefined): Promise<Reply> {
    if (delayMs !== undefined) this.#timeout.set(timeoutQueue(delayMs));
    this.#start();
    return this.#done.promise;
  }

  /** The first is slow. */
  onTimeout(): void {
    const { options, budget, metrics } = this.#parts;
    if (this.#ctx.isAborted || this.#ctx.attempts >= options.attempts) return;
    if (!budget.take(options.budget)) return metrics.refused.inc();
    metrics.hedges.inc();
    this.#start();
  }

  #start(): void {
    const fork = this.#ctx.fork();
    this.#forks.push(fork);
    this.#pending++;
    Promise.try(this.#next, fork).then(
      (reply) => this.#onResult(fork, reply),
      (error: unknown) => this.#onResult(fork, GatewayError.from(error)),
    );
  }

  #onResult(fork: Context, result: Result): void {
    this.#pending--;
    if (this.#isOver) return discard(result);
    const isGood = !(result instanceof GatewayError) && this.#parts.policy.isGood(result);
    if (!isGood && this.#pending > 0) this.#failed = result;
    else this.#finish(fork, result, isGood);
  }

  #finish(fork: Context, result: Result, isGood: boolean): void {
    const { metrics, latency } = this.#parts;
    this.#isOver = true;
    this.#timeout.clear();
    discard(this.#failed);
    if (isGood && fork === this.#forks[1]) metrics.hedgesWon.inc();
    // Of a first that was given up it is known that it took so long at least.
    if (isGood) latency.add(performance.now() - this.#startedAt);
    for (const other of this.#forks) if (other !== fork) other.abort(LOST);
    this.#ctx.join(fork);
    if (result instanceof GatewayError) this.#done.reject(result);
    else this.#done.resolve(result);
  }
}

function discard(result: Result | undefined): void {
  if (result !== undefined && !(result instanceof GatewayError)) result.discard();
}
