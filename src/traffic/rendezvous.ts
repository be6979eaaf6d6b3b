import { mixHash } from "../upstream/balance/consistent-hash.ts";

/**
 * Makes a choice by key among names with weights, of which those of 0 are never chosen: weighted rendezvous hashing. When
 * weights change, a key moves only from a name that has lost weight, or to one that has gained. All gateways agree.
 */
export function rendezvous(names: readonly string[]): (key: string, weights: ArrayLike<number>) => number {
  const seeds = Int32Array.from(names, (name) => Bun.hash.xxHash32(name));
  return (key, weights) => {
    const hash = Bun.hash.xxHash32(key);
    let best = 0;
    let bestScore = -1;
    for (let i = 0; i < seeds.length; i++) {
      const weight = weights[i] as number;
      if (weight <= 0) continue;
      const score = weight / -Math.log((mixHash(hash, seeds[i] as number) + 0.5) / 2 ** 32);
      if (score <= bestScore) continue;
      bestScore = score;
      best = i;
    }
    return best;
  };
}
