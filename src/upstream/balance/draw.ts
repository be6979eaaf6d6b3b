import type { Balanced, Eligibility, Leniency } from "./strategy.ts";

/** Draws the place of a target, each as often as its weight says; costs a binary search, and none if all are equal. */
export function createDraw(targets: readonly Balanced[], random: () => number): () => number {
  const first = targets[0]?.weight;
  if (targets.every((target) => target.weight === first)) return () => Math.floor(random() * targets.length);
  const ends = new Float64Array(targets.length);
  let total = 0;
  for (let i = 0; i < targets.length; i++) {
    total += (targets[i] as Balanced).weight;
    ends[i] = total;
  }
  return () => firstAbove(ends, random() * total);
}

/** Draws among the eligible targets alone, in one pass without memory; undefined if there is none. */
export function drawEligible<T extends Balanced>(
  targets: readonly T[],
  isEligible: Eligibility<T>,
  random: () => number,
  tried: readonly T[],
  leniency: Leniency,
): T | undefined {
  let chosen: T | undefined;
  let total = 0;
  for (const target of targets) {
    if (!isEligible(target, tried, leniency)) continue;
    total += target.weight;
    // The newcomer replaces the choice with its share of all so far: in the end each has its own share.
    if (random() * total < target.weight) chosen = target;
  }
  return chosen;
}

/** Place of the first of the rising numbers that is above the value. */
function firstAbove(ends: Float64Array, value: number): number {
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
