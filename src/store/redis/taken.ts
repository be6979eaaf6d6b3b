import { StoreError } from "../error.ts";
import type { Charge, Taken } from "../limit.ts";
import { toStoreError } from "./failure.ts";

/** Numbers that the script answers for each key. */
const FIELDS = 4;

/** The reply of the script as the limits' answers, those from `start` on. Throws StoreError if it met an error there. */
export function takenOf(reply: unknown, charges: readonly Charge[], start = 0): readonly Taken[] {
  const at = FIELDS * start;
  if (!Array.isArray(reply) || reply.length < at + FIELDS * charges.length) {
    throw new StoreError("refused", "Redis gave an answer that is none of the script's");
  }
  const values: readonly unknown[] = reply;
  if (typeof values[at] === "string") throw toStoreError(new Error(values[at]));
  return charges.map(({ policy }, i) => takenAt(values as readonly number[], at + FIELDS * i, policy));
}

function takenAt(numbers: readonly number[], at: number, policy: Charge["policy"]): Taken {
  const retryMs = numbers[at + 2] ?? 0;
  return {
    allowed: numbers[at] === 1,
    limit: policy.kind === "gcra" ? policy.burst : policy.limit,
    remaining: numbers[at + 1] ?? 0,
    retryAfterMs: retryMs < 0 ? Number.POSITIVE_INFINITY : retryMs,
    resetAfterMs: numbers[at + 3] ?? 0,
  };
}
