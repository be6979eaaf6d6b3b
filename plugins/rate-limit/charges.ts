import { type Charge, type Context, Remembered, type Store } from "../../src/plugin.ts";
import type { Grade, Limit } from "./limits.ts";

/** What a request is charged, and by which grades; both in the same order. */
export interface Charges {
  readonly grades: readonly Grade[];
  readonly charges: readonly Charge[];
  /** The same, worked out for the store. */
  readonly prepared: readonly Charge[];
  readonly endsAtMs: number;
}

/** Callers whose charges are kept: what they are does not change, and to work them out costs as much as to ask. */
const BOUNDS = { entries: 10_000, bytes: 8_388_608 };
/** Bytes of what is kept beside its key, for each limit; by an estimate. */
const OVERHEAD = 512;

/** What requests are charged by these limits. */
export function compileCharges(
  limits: readonly Limit[],
  store: Store,
  tierClaim: string,
  cost: number,
): (ctx: Context) => Charges {
  const known = new Remembered<Charges>(BOUNDS);
  const hasTiers = limits.some(({ tiers }) => tiers.size > 0);
  const tierOf = ({ principal }: Context): string | undefined => {
    const tier = hasTiers ? principal?.claims[tierClaim] : undefined;
    return typeof tier === "string" && limits.some(({ tiers }) => tiers.has(tier)) ? tier : undefined;
  };
  return (ctx) => {
    const tier = tierOf(ctx);
    const keys = keysOf(limits, ctx);
    const name = tier === undefined ? keys : `${keys}}${tier}`;
    const kept = known.get(name, 0);
    if (kept !== undefined) return kept;
    const charges = chargesOf(limits, ctx, tier, cost, store);
    known.set(name, charges, OVERHEAD * limits.length + 2 * name.length);
    return charges;
  };
}

/** What tells a caller from others. No key has a brace in it. */
function keysOf(limits: readonly Limit[], ctx: Context): string {
  let keys = "";
  for (let i = 0; i < limits.length; i++) {
    const key = (limits[i] as Limit).keyOf(ctx);
    keys = i === 0 ? key : `${keys}}${key}`;
  }
  return keys;
}

function chargesOf(limits: readonly Limit[], ctx: Context, tier: string | undefined, cost: number, store: Store) {
  const grades: Grade[] = [];
  const charges: Charge[] = [];
  for (const limit of limits) {
    const grade = tier !== undefined && limit.tiers.has(tier) ? limit.tiers.get(tier) : limit.base;
    if (grade === undefined) continue;
    grades.push(grade);
    charges.push({ key: limit.space + limit.keyOf(ctx), policy: grade.policy, cost });
  }
  return { grades, charges, prepared: store.prepare(charges), endsAtMs: Number.POSITIVE_INFINITY };
}
