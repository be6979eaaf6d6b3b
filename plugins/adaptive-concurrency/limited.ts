import { type Context, GatewayError, type Handler, type Reply } from "../../src/plugin.ts";
import type { Limiter, LimiterOptions } from "./limiter.ts";

/** What an attempt needs of the limiter that it goes through. */
export interface Limit {
  readonly limiter: Limiter;
  readonly settings: LimiterOptions;
  onRefused(): void;
}

const NO_PLACE = {
  detail: "The service has as many requests under way as it answers in time",
  headers: { "retry-after": "1" },
};

/**
 * Makes an attempt that holds a place until its reply's head. Measured are answers below 500, and attempts that the
 * service let time out: what fails fast says nothing of how much it can take, and what its client ended even less. A body
 * that is still coming takes its client's time, and is not measured either.
 */
export async function limited(next: Handler, ctx: Context, { limiter, settings, onRefused }: Limit): Promise<Reply> {
  if (!limiter.take(settings)) {
    onRefused();
    throw new GatewayError("overloaded", NO_PLACE);
  }
  const { isInMemory } = ctx.request.body;
  const startedAt = performance.now();
  let isMeasured = false;
  try {
    const reply = await next(ctx);
    isMeasured = isInMemory && reply.status < 500;
    return reply;
  } catch (error) {
    isMeasured = isInMemory && error instanceof GatewayError && error.code === "upstream_timeout";
    throw error;
  } finally {
    if (isMeasured) limiter.measured(startedAt, performance.now(), settings);
    else limiter.release();
  }
}
