import { StoreError } from "../error.ts";
import type { Charge, Taken } from "../limit.ts";

/** The reply of the script as the limits' answers: four numbers each. */
export function takenOf(reply: unknown, charges: readonly Charge[]): readonly Taken[] {
  if (!Array.isArray(reply) || reply.length !== 4 * charges.length) {
    throw new StoreError("refused", "Redis gave an answer that is none of the script's");
  }
  const numbers: readonly number[] = reply;
  return charges.map(({ policy }, i) => {
    const at = 4 * i;
    const retryMs = numbers[at + 2] ?? 0;
    return {
      allowed: numbers[at] === 1,
      limit: policy.kind === "gcra" ? policy.burst : policy.limit,
      remaining: numbers[at + 1] ?? 0,
      retryAfterMs: retryMs < 0 ? Number.POSITIVE_INFINITY : retryMs,
      resetAfterMs: numbers[at + 3] ?? 0,
    };
  });
}
