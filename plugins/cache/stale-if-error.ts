import { type Context, GatewayError, type Reply } from "../../src/plugin.ts";
import { answerFrom } from "./answer.ts";
import type { Quest } from "./quest.ts";
import type { RouteParts } from "./route-parts.ts";
import { forwardStatus } from "./rules/cache-status.ts";
import { isUsableOnError } from "./rules/reuse.ts";

/** A stale response that may be used because the service fails (RFC 5861 §4). */
export function staleOnError(
  { entry, asked, ctx }: Quest,
  parts: RouteParts,
  status: number | undefined,
): Reply | undefined {
  const nowMs = parts.now();
  if (entry === undefined || !isUsableOnError(entry.stored.terms, entry.ageAt(nowMs), asked.directives))
    return undefined;
  parts.metrics.count("stale");
  ctx.trace?.set("sluice.cache", "stale");
  const told = forwardStatus({
    forward: "stale",
    ...(status === undefined ? {} : { forwardStatus: status }),
    detail: "stale-if-error",
  });
  return answerFrom(entry, asked, ctx.request.method, nowMs, told);
}

/** Whether it is one that a stale response may stand in for. */
export function isServiceFailure(ctx: Context, error: unknown): boolean {
  return !ctx.isAborted && error instanceof GatewayError && error.source !== "downstream";
}
