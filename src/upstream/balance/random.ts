import { createDraw, drawEligible } from "./draw.ts";
import type { Balanced, Eligibility, Strategy } from "./strategy.ts";

/** Any target, each as often as its weight says. */
export function random<T extends Balanced>(
  targets: readonly T[],
  isEligible: Eligibility<T>,
  random: () => number,
): Strategy<T> {
  const draw = createDraw(targets, random);
  return {
    choose(_ctx, tried, leniency) {
      const target = targets[draw()] as T;
      if (isEligible(target, tried, leniency)) return target;
      return drawEligible(targets, isEligible, random, tried, leniency);
    },
  };
}
