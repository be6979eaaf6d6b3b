import type { OutlierConfig } from "./outlier.ts";

/** What a target has done in an interval. */
export interface Sample {
  readonly requests: number;
  readonly failures: number;
  /** Attempts that were answered, and the time that this took. */
  readonly replies: number;
  readonly latencySumMs: number;
}

/**
 * Those whose success rate is below the mean of all by more than so many standard deviations (of the population), as in
 * Envoy's outlier detection. Targets with few requests are left out, and with few targets there is nothing to compare.
 */
export function successRateOutliers<S extends Sample>(
  samples: readonly S[],
  options: Exclude<OutlierConfig["success-rate"], false>,
): readonly S[] {
  const compared = samples.filter(({ requests }) => requests >= options["minimum-requests"]);
  if (compared.length < options["minimum-targets"]) return [];
  const rates = compared.map(({ requests, failures }) => 1 - failures / requests);
  const mean = meanOf(rates);
  const deviation = Math.sqrt(meanOf(rates.map((rate) => (rate - mean) ** 2)));
  const least = mean - options.deviations * deviation;
  return compared.filter((_, i) => (rates[i] as number) < least);
}

/** Those whose mean latency is more than so many times the median of all targets' means, and over the least that matters. */
export function latencyOutliers<S extends Sample>(
  samples: readonly S[],
  options: NonNullable<OutlierConfig["latency"]>,
): readonly S[] {
  const compared = samples.filter(({ replies }) => replies >= options["minimum-requests"]);
  if (compared.length < options["minimum-targets"]) return [];
  const means = compared.map(({ latencySumMs, replies }) => latencySumMs / replies);
  const most = Math.max(options.above, options.factor * medianOf(means));
  return compared.filter((_, i) => (means[i] as number) > most);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of an even number the lower of the two in the middle. */
function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;
}
