import type { Tally } from "./tally.ts";

/** From when on a new version counts as worse. */
export interface Limits {
  readonly minRequests: number;
  /** As a fraction of the requests. */
  readonly maxExtraErrors: number;
  readonly maxLatencyRatio: number;
}

/**
 * So many standard errors beyond the limit: by chance alone that happens to one comparison in thirty thousand. It is that
 * rare because a run is looked at every second, for hours.
 */
const CERTAIN = 4;

/**
 * Why the new version is worse than the old one, in words; undefined while it is not, or that is not certain. Both
 * comparisons are one-sided z-tests of a difference beyond its limit: of the shares of failures, each with one success and
 * one failure added (Agresti and Caffo 2000), and of the means of the durations' logarithms.
 */
export function whyWorse(next: Tally, old: Tally, limits: Limits): string | undefined {
  return moreErrors(next, old, limits) ?? slower(next, old, limits);
}

function moreErrors(next: Tally, old: Tally, { minRequests, maxExtraErrors }: Limits): string | undefined {
  if (next.count < minRequests) return undefined;
  const a = (next.failures + 1) / (next.count + 2);
  const b = (old.failures + 1) / (old.count + 2);
  // Of an old version that is not used it is believed that it does not fail.
  const known = old.count < minRequests ? 0 : b;
  const deviation = Math.sqrt((a * (1 - a)) / (next.count + 2) + (known * (1 - known)) / (old.count + 2));
  if (a - known - maxExtraErrors <= CERTAIN * deviation) return undefined;
  const share = (tally: Tally) => `${((100 * tally.failures) / Math.max(tally.count, 1)).toFixed(1)} %`;
  return `${share(next)} of its requests failed, ${share(old)} of the others`;
}

function slower(next: Tally, old: Tally, { minRequests, maxLatencyRatio }: Limits): string | undefined {
  if (next.timed < minRequests || old.timed < minRequests) return undefined;
  const difference = meanOf(next) - meanOf(old);
  const deviation = Math.sqrt(varianceOf(next) / next.timed + varianceOf(old) / old.timed);
  if (difference - Math.log(maxLatencyRatio) <= CERTAIN * deviation) return undefined;
  return `it took ${Math.exp(difference).toFixed(1)} times as long as the other`;
}

function meanOf({ timed, logSum }: Tally): number {
  return logSum / timed;
}

function varianceOf(tally: Tally): number {
  return Math.max(0, tally.squareSum / tally.timed - meanOf(tally) ** 2);
}
