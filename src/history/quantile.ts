/**
 * The value that a share `q` (0 to 1) of all stayed within, interpolated in its bucket; NaN if there are none. The last
 * bound stands for what is beyond all.
 *
 * @param counts of each bucket alone
 * @param bounds upper bounds, one fewer than there are counts
 */
export function quantileOf(counts: readonly number[], bounds: readonly number[], q: number): number {
  let all = 0;
  for (const count of counts) all += count;
  if (all === 0) return Number.NaN;
  const rank = q * all;
  let below = 0;
  let lower = 0;
  for (const [bucket, upper] of bounds.entries()) {
    const count = counts[bucket] ?? 0;
    if (count > 0 && below + count >= rank) return lower + (upper - lower) * Math.max(0, (rank - below) / count);
    below += count;
    lower = upper;
  }
  return lower;
}
