import type { Context } from "../../src/plugin.ts";
import type { Options } from "./options.ts";
import type { PeriodKind } from "./period.ts";

/** How much may be used in a period; Infinity where it is only counted. */
export interface Quota {
  readonly kind: PeriodKind;
  readonly limit: number;
}

/** The quotas of a request. Those of every tier are counted in the same periods. */
export type QuotasOf = (ctx: Context) => readonly Quota[];

const KINDS: readonly PeriodKind[] = ["day", "month"];

/** Checks the quotas of the options and of their tiers. Throws Error with a text for people. */
export function compileQuotas({ day, month, cost, tiers, "tier-claim": claim }: Options): QuotasOf {
  const base = { day, month };
  const kinds = KINDS.filter((kind) =>
    [base, ...Object.values(tiers)].some((one) => one !== false && one[kind] !== undefined),
  );
  if (kinds.length === 0) throw new Error("day: say how much may be used: day, month or both");
  const quotas = (own: Readonly<Partial<Record<PeriodKind, number | undefined>>> | false): readonly Quota[] =>
    kinds.map((kind) => ({ kind, limit: (own === false ? undefined : own[kind]) ?? Number.POSITIVE_INFINITY }));
  const common = quotas(base);
  const byTier = new Map(Object.entries(tiers).map(([tier, own]) => [tier, quotas(own)] as const));
  for (const { kind, limit } of [common, ...byTier.values()].flat()) {
    if (cost > limit) throw new Error(`cost: a request that costs ${cost} would never pass a ${kind} of ${limit}`);
  }
  return ({ principal }) => {
    const tier = principal?.claims[claim];
    return (typeof tier === "string" ? byTier.get(tier) : undefined) ?? common;
  };
}
