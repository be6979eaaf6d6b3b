/** Durations in buckets that grow with the duration: two to an octave, from 0.25 ms to 65 s. */
export interface Latency {
  /** Upper bound in ms, inclusive, and the number of durations in that bucket alone; those above all are in `count` only. */
  readonly buckets: readonly (readonly [leMs: number, count: number])[];
  readonly count: number;
  readonly sumMs: number;
}

const OCTAVES = 18;
const FINITE_BUCKETS = OCTAVES * 2 + 1;
/** Durations are counted in eighths of a ms: the first bound, a quarter, is then 2, and every bound is a whole number. */
const UNITS_PER_MS = 8;
const LAST_BOUND = 2 ** (OCTAVES + 1);

/** 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, … 65 536 ms. */
export const BUCKET_BOUNDS_MS: readonly number[] = Array.from({ length: FINITE_BUCKETS }, (_, index) => {
  const octave = 2 ** Math.floor(index / 2);
  return ((index % 2 === 0 ? 2 : 3) * octave) / UNITS_PER_MS;
});

/** Counts durations at the cost of a few integer operations, in constant memory. */
export class Histogram {
  readonly #counts = new Float64Array(FINITE_BUCKETS + 1);
  #sumMs = 0;

  /** What is below zero or no number counts as zero. */
  record(ms: number): void {
    const valid = Number.isNaN(ms) ? 0 : Math.max(ms, 0);
    const bucket = bucketOf(valid);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sumMs += valid;
  }

  /** How many durations are in each octave, from the first bound on, each alone; the last are those above all bounds. */
  octaves(): number[] {
    const counts = this.#counts;
    const octaves = [counts[0] as number];
    for (let bucket = 1; bucket < FINITE_BUCKETS; bucket += 2) {
      octaves.push((counts[bucket] as number) + (counts[bucket + 1] as number));
    }
    octaves.push(counts[FINITE_BUCKETS] as number);
    return octaves;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  snapshot(): Latency {
    const buckets = BUCKET_BOUNDS_MS.map((bound, index) => [bound, this.#counts[index] as number] as const);
    let count = 0;
    for (const n of this.#counts) count += n;
    return { buckets, count, sumMs: this.#sumMs };
  }
}

/**
 * The duration in ms that a share `q` (0 to 1) of all stayed within, interpolated in its bucket: at most half an
 * octave off. Undefined without durations; the last bound stands for whatever is above it.
 */
export function quantile(latency: Latency, q: number): number | undefined {
  if (latency.count === 0) return undefined;
  const rank = Math.min(Math.max(q, 0), 1) * latency.count;
  let below = 0;
  let lowerBound = 0;
  for (const [bound, count] of latency.buckets) {
    if (count > 0 && below + count >= rank) {
      return lowerBound + (bound - lowerBound) * Math.max(0, (rank - below) / count);
    }
    below += count;
    lowerBound = bound;
  }
  return lowerBound;
}

/** Which half of which octave: the position of the highest bit, and the bit below it. */
function bucketOf(ms: number): number {
  const units = Math.ceil(ms * UNITS_PER_MS);
  if (units <= 2) return 0;
  if (units > LAST_BOUND) return FINITE_BUCKETS;
  const inclusive = units - 1;
  const octave = 31 - Math.clz32(inclusive);
  return (octave - 1) * 2 + ((inclusive >> (octave - 1)) & 1) + 1;
}
