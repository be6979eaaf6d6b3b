import { createDraw, drawEligible } from "./draw.ts";
import type { Balanced, Eligibility, Strategy } from "./strategy.ts";

/**
 * Two choices: of two targets the one with less to do (Mitzenmacher, "The Power of Two Choices in Randomized Load
 * Balancing"). The first is drawn by weight, the second is any other one; it gets the request if with it its load, the
 * requests under way for each unit of weight, is still no more than the first's is now. With equal weights that is
 * "fewer requests under way"; idle targets are chosen as their weights say.
 */
export function leastRequest<T extends Balanced>(
  targets: readonly T[],
  isEligible: Eligibility<T>,
  random: () => number,
): Strategy<T> {
  const draw = createDraw(targets, random);
  const count = targets.length;
  return {
    choose(_ctx, tried, leniency) {
      let place = draw();
      if (!isEligible(targets[place] as T, tried, leniency)) {
        const drawn = drawEligible(targets, isEligible, random, tried, leniency);
        if (drawn === undefined) return undefined;
        place = targets.indexOf(drawn);
      }
      const one = targets[place] as T;
      let otherPlace = (place + 1 + Math.floor(random() * (count - 1))) % count;
      // Past those that are not eligible; back at `one` there is no other.
      while (otherPlace !== place && !isEligible(targets[otherPlace] as T, tried, leniency)) {
        otherPlace = (otherPlace + 1) % count;
      }
      const other = targets[otherPlace] as T;
      return one.inFlight * other.weight >= (other.inFlight + 1) * one.weight ? other : one;
    },
  };
}
