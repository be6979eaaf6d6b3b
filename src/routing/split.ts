/**
 * Makes a chooser that returns an index, each as often as its weight says. `random` returns numbers from 0 up to 1,
 * without 1. Throws RangeError if a weight is negative or not finite, or if all are 0.
 */
export function weightedChoice(weights: readonly number[], random: () => number): () => number {
  const bounds: number[] = [];
  let total = 0;
  for (const weight of weights) {
    if (!Number.isFinite(weight) || weight < 0) throw new RangeError(`expected a weight of 0 or more, found ${weight}`);
    total += weight;
    bounds.push(total);
  }
  if (total === 0) throw new RangeError("expected a weight above 0, found none");
  const last = bounds.indexOf(total);
  if ((bounds[last - 1] ?? 0) === 0) return () => last;
  return () => {
    const point = random() * total;
    let index = 0;
    while (index < last && (bounds[index] ?? total) <= point) index++;
    return index;
  };
}
