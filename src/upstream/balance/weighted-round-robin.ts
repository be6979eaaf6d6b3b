import type { Balanced, Eligibility, Leniency, Strategy } from "./strategy.ts";

/**
 * Smooth weighted round robin: within a round of as many turns as the weights add up to, each target gets its weight,
 * evenly spread and never in a burst. Each turn credits every eligible target with its weight; the one with the most
 * credit is chosen and pays the sum. (Known from nginx's upstream module.) Costs one pass over the targets.
 */
export function weightedRoundRobin<T extends Balanced>(
  targets: readonly T[],
  isEligible: Eligibility<T>,
  random: () => number,
): Strategy<T> {
  const weights = Float64Array.from(targets, (target) => target.weight);
  const credits = new Float64Array(targets.length);
  const turn = (tried: readonly T[], leniency: Leniency): T | undefined => {
    let best = -1;
    let total = 0;
    for (let i = 0; i < targets.length; i++) {
      if (!isEligible(targets[i] as T, tried, leniency)) continue;
      const weight = weights[i] as number;
      const credit = (credits[i] as number) + weight;
      credits[i] = credit;
      total += weight;
      if (best < 0 || credit > (credits[best] as number)) best = i;
    }
    if (best < 0) return undefined;
    credits[best] = (credits[best] as number) - total;
    return targets[best];
  };
  // Some turns ahead, so that the workers of a gateway do not all begin with the same target.
  for (let ahead = Math.floor(random() * targets.length); ahead > 0; ahead--) turn([], 3);
  return { choose: (_ctx, tried, leniency) => turn(tried, leniency) };
}
