const BUCKETS = 1_000_000;

/** Counts of durations, one bucket a microsecond; everything from one second on counts as a second. */
export type Histogram = Uint32Array;

/** A histogram without counts. */
export function newHistogram(): Histogram {
  return new Uint32Array(BUCKETS + 1);
}

/** Adds a duration in milliseconds. */
export function record(histogram: Histogram, ms: number): void {
  const bucket = Math.min(Math.trunc(ms * 1_000), BUCKETS);
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

/**
 * The duration that a share of all counts does not exceed, in microseconds; 0 if there are none.
 *
 * @param share of 1: 0.99 for p99
 */
export function percentile(histogram: Histogram, share: number): number {
  let total = 0;
  for (const count of histogram) total += count;
  const wanted = total * share;
  let seen = 0;
  for (const [bucket, count] of histogram.entries()) {
    seen += count;
    if (seen >= wanted) return bucket;
  }
  return 0;
}
