import { StoreError } from "../error.ts";
import type { Charge, Taken } from "../limit.ts";
import { toStoreError } from "./failure.ts";

/** Numbers that the script answers for each key. */
const FIELDS = 4;
const HELD = -1;

/** The reply of the script as the limits' answers. Throws StoreError if it met an error. */
export function takenOf(reply: unknown, charges: readonly Charge[]): readonly Taken[] {
  return takenFrom(reply, charges, 0) ?? [];
}

/** The same of those from `start` on; undefined if they were not charged, for one of the request's keys exists. */
export function takenFrom(reply: unknown, charges: readonly Charge[], start: number): readonly Taken[] | undefined {
  const at = FIELDS * start;
  if (!Array.isArray(reply) || reply.length < at + FIELDS * charges.length) {
    throw new StoreError("refused", "Redis gave an answer that is none of the script's");
  }
  const values: readonly unknown[] = reply;
  if (values[at] === HELD) return undefined;
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
