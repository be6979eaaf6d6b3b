import type { Charge } from "./limit.ts";

/** Throws RangeError unless it is a whole number of at least 1. */
export function checkPositive(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(`expected a whole number of at least 1 as the ${name}, found ${value}`);
}

/** The time to live in ms as backends have it: 0 is none. Throws RangeError for anything else below 1. */
export function checkedTtl(ttlMs: number | undefined): number {
  if (ttlMs === undefined) return 0;
  checkPositive("time to live in ms", ttlMs);
  return ttlMs;
}

/** Throws RangeError. */
export function checkWhole(by: number): void {
  if (!Number.isSafeInteger(by)) throw new RangeError(`expected a whole number to add, found ${by}`);
}

/** Limits that one request can have: more would make one script hold up everybody. */
const MAX_CHARGES = 16;
/** Costs times µs stay exact. */
const MAX_COST = 1_000_000_000;

/** Throws RangeError if charges cannot be asked in one call. */
export function checkCharges(charges: readonly Charge[]): void {
  if (charges.length > MAX_CHARGES) throw new RangeError(`a call has ${MAX_CHARGES} limits at most`);
  for (let index = 0; index < charges.length; index++) {
    const { key, cost = 1, isForced = false } = charges[index] as Charge;
    const least = isForced ? 0 : 1;
    if (!Number.isSafeInteger(cost) || cost < least || cost > MAX_COST) {
      throw new RangeError(`expected a whole number from ${least} to ${MAX_COST} as the cost, found ${cost}`);
    }
    for (let before = 0; before < index; before++) {
      if (charges[before]?.key === key) throw new RangeError("two charges of a call are for the same limit");
    }
  }
}
