import { type Context, GatewayError, type Handler, type Reply } from "../../src/plugin.ts";
import type { Failures } from "./failures.ts";
import type { Permit } from "./states.ts";

/** What an attempt is judged by, made once for each route. */
export interface Judgement {
  readonly failures: Failures;
  /** From when on a call is slow, in ms; undefined: never. */
  readonly slowMs: number | undefined;
}

/** Makes an attempt, and reports how it went. */
export async function guarded(next: Handler, ctx: Context, permit: Permit, judgement: Judgement): Promise<Reply> {
  const { failures } = judgement;
  // A body that is still coming takes its client's time: such a call is never slow.
  const slowMs = ctx.request.body.isInMemory ? judgement.slowMs : undefined;
  const startedAt = slowMs === undefined ? 0 : performance.now();
  // Before the attempt it has an end only if somebody else has set one, or earlier attempts have used up time of it.
  const { deadlineAt } = ctx;
  try {
    const reply = await next(ctx);
    permit.report(failures.ofReply(reply), isSlow(startedAt, slowMs));
    return reply;
  } catch (error) {
    const known = GatewayError.from(error);
    const failure = failures.ofError(known);
    if (failure === undefined || isOwnDeadline(known, deadlineAt)) permit.withdraw();
    else permit.report(failure, isSlow(startedAt, slowMs));
    throw error;
  }
}

/** The request's own time was over, sooner than the service's: that says nothing of the target. */
function isOwnDeadline({ code }: GatewayError, deadlineAt: number): boolean {
  // An attempt with less than a millisecond left is ended before it begins.
  return code === "upstream_timeout" && performance.now() + 1 >= deadlineAt;
}

function isSlow(startedAt: number, slowMs: number | undefined): boolean {
  return slowMs !== undefined && performance.now() - startedAt >= slowMs;
}
