import type { Balanced, Eligibility, Strategy } from "./strategy.ts";

/**
 * Each in its turn, all with the same weight. The first is drawn, so that the workers of a gateway do not all begin
 * with the same target. The turns of a target that is not eligible are dealt to the others in their own rotation:
 * its neighbour alone would get double.
 */
export function roundRobin<T extends Balanced>(
  targets: readonly T[],
  isEligible: Eligibility<T>,
  random: () => number,
): Strategy<T> {
  const count = targets.length;
  let turn = Math.floor(random() * count);
  let dealt = 0;
  return {
    choose(_ctx, tried, leniency) {
      const next = targets[turn] as T;
      const isNext = isEligible(next, tried, leniency);
      const eligible = isNext ? 1 : targets.filter((target) => isEligible(target, tried, leniency)).length;
      if (eligible === 0) return undefined;
      turn = turn + 1 === count ? 0 : turn + 1;
      if (isNext) return next;
      let skip = dealt++ % eligible;
      return targets.find((target) => isEligible(target, tried, leniency) && skip-- === 0);
    },
  };
}
