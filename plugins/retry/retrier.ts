import { type Context, GatewayError, type Handler, type Reply, type Scope } from "../../src/plugin.ts";
import { fullJitter, pause } from "./backoff.ts";
import type { Budget } from "./budget.ts";
import type { RetryMetrics } from "./metrics.ts";
import type { RetryOptions } from "./options.ts";
import type { Policy } from "./policy.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What trying again needs, made once for each route. */
export interface RetryParts {
  readonly options: RetryOptions;
  readonly policy: Policy;
  readonly budget: Budget;
  readonly metrics: RetryMetrics;
  readonly scope: Pick<Scope, "now" | "log">;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Tries until a reply is good, or what came may not be tried again: that is then the answer. */
export async function tryUntilGood(attempt: Handler, ctx: Context, parts: RetryParts): Promise<Reply> {
  const { policy, budget } = parts;
  budget.addRequest();
  if (policy.shouldHold(ctx.request)) await ctx.request.body.bytes(parts.options["replay-bytes"]);
  for (let tries = 1; ; tries++) {
    let result: Reply | GatewayError;
    try {
      result = await attempt(ctx);
      if (policy.isGood(result)) return result;
    } catch (error) {
      result = GatewayError.from(error);
    }
    const waitMs = waitBefore(tries, result, ctx, parts);
    if (waitMs === undefined) return answer(result);
    if (!(result instanceof GatewayError)) result.discard();
    if (waitMs > 0) await pause(waitMs, ctx.signal);
  }
}

/** How long to wait before a retry, in ms, which the budget then has counted; undefined if there shall be none. */
function waitBefore(
  tries: number,
  failed: Reply | GatewayError,
  ctx: Context,
  { options, policy, budget, metrics, scope, random }: RetryParts,
): number | undefined {
  // The gateway's own repeat on a connection that had been closed is an attempt, too.
  if (ctx.isAborted || Math.max(tries, ctx.attempts) >= options.attempts) return undefined;
  const reason = policy.reasonFor(ctx, failed);
  if (reason === undefined) return undefined;
  const waitMs = fullWait(tries, failed, options, scope.now(), random());
  if (waitMs === undefined || performance.now() + waitMs >= ctx.deadlineAt) return undefined;
  // What no target has got is no load yet, wherever it is sent next.
  const isLoad = !(failed instanceof GatewayError) || failed.bytesSent;
  if (isLoad && !budget.take(options.budget)) {
    metrics.refused.inc();
    return undefined;
  }
  metrics.retries(reason).inc();
  scope.log.debug("trying again", { requestId: ctx.requestId, target: ctx.target, attempts: ctx.attempts, reason });
  return waitMs;
}

/** The back-off, or as long as the service has asked for if that is more; undefined if it has asked for too much. */
function fullWait(
  tries: number,
  failed: Reply | GatewayError,
  options: RetryOptions,
  nowMs: number,
  random: number,
): number | undefined {
  // A breaker has kept it from a target that was not asked: the next one need not wait.
  if (failed instanceof GatewayError)
    return failed.code === "circuit_open" ? 0 : fullJitter(options.backoff, tries, random);
  const asked = retryAfterMs(failed.headers.get("retry-after"), nowMs);
  return asked > options["max-retry-after"] ? undefined : Math.max(asked, fullJitter(options.backoff, tries, random));
}

function answer(result: Reply | GatewayError): Reply {
  if (result instanceof GatewayError) throw result;
  return result;
}
