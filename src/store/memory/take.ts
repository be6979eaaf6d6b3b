import type { Charge, Taken } from "../limit.ts";
import { lessen, uncharged, weigh } from "./limit.ts";
import { entryBytes, LIMIT_BYTES, type MemoryTable } from "./table.ts";
import { stateOf } from "./values.ts";

/** Charges limits in a table: all, or none if one has no room. Throws StoreError; then nothing has changed. */
export function takeFrom(table: MemoryTable, charges: readonly Charge[], now: number): readonly Taken[] {
  const [first] = charges;
  // The common case needs no lists.
  if (first !== undefined && charges.length === 1) return [takeOne(table, first, now)];
  const states = charges.map(({ key }) => stateOf(table.get(key, now)));
  const weighed = charges.map(({ policy, cost = 1, isForced }, i) => weigh(policy, cost, states[i], now, isForced));
  if (weighed.some(({ taken }) => !taken.allowed)) {
    return weighed.map(({ taken }, i) => {
      const policy = charges[i]?.policy;
      return !taken.allowed || policy === undefined ? taken : uncharged(policy, states[i], now, taken);
    });
  }
  reserve(table, charges, now);
  for (const [i, { next }] of weighed.entries()) {
    const key = charges[i]?.key;
    if (key !== undefined) table.set(key, { kind: "limit", state: next }, next.endsAtMs, now);
  }
  return weighed.map(({ taken }) => taken);
}

/** Takes charges out again. */
export function giveBackTo(table: MemoryTable, charges: readonly Charge[], now: number): void {
  for (const { key, policy, cost = 1 } of charges) {
    const state = lessen(policy, cost, stateOf(table.get(key, now)), now);
    if (state === undefined) table.delete(key, now);
    else table.set(key, { kind: "limit", state }, state.endsAtMs, now);
  }
}

function takeOne(table: MemoryTable, { key, policy, cost = 1, isForced }: Charge, now: number): Taken {
  const { taken, next } = weigh(policy, cost, stateOf(table.get(key, now)), now, isForced);
  if (taken.allowed) table.set(key, { kind: "limit", state: next }, next.endsAtMs, now);
  return taken;
}

/** Room for all of them before any is charged. */
function reserve(table: MemoryTable, charges: readonly Charge[], now: number): void {
  const added = charges.filter(({ key }) => table.get(key, now) === undefined);
  const bytes = added.reduce((sum, { key }) => sum + entryBytes(key, LIMIT_BYTES), 0);
  table.makeRoom(added.length, bytes, now);
}
