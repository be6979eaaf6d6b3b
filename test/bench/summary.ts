import type { Sample } from "./load.ts";

/** The middle and the ends of what several rounds measured. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The samples of one contender in one scenario, a round each. */
export interface Series {
  readonly contender: string;
  readonly samples: readonly Sample[];
  /** Memory of an idle connection in bytes, a round each; where it was measured. */
  readonly idleBytes?: readonly number[];
}

/** One contender's line of a table. */
export interface Row {
  readonly contender: string;
  /** CPU microseconds a request, user and system, of all its processes. */
  readonly cpuUs: Figure;
  readonly requestsPerSecond: Figure;
  readonly p50Ms: Figure;
  readonly p99Ms: Figure;
  /** Share of its core that it used; well below 1, something else held it back. */
  readonly coreShare: Figure;
  /** `cpuUs` as a multiple of each reference's; undefined where the reference was not measured. */
  readonly ratios: readonly (Figure | undefined)[];
}

/** The contenders that the others are compared to. */
export const REFERENCES: readonly string[] = ["haproxy", "nginx"];

/**
 * One row for each series.
 *
 * A ratio is taken within each round, and the median of those is shown: what slows the whole machine for a while slows
 * both sides of a round.
 */
export function summarise(all: readonly Series[]): readonly Row[] {
  const references = REFERENCES.map((name) => all.find((series) => series.contender === name));
  return all.map(({ contender, samples }) => ({
    contender,
    cpuUs: figureOf(samples.map(cpuUsPerRequest)),
    requestsPerSecond: figureOf(samples.map((sample) => (sample.requests / sample.elapsedMs) * 1_000)),
    p50Ms: figureOf(samples.map((sample) => sample.p50Us / 1_000)),
    p99Ms: figureOf(samples.map((sample) => sample.p99Us / 1_000)),
    coreShare: figureOf(samples.map((sample) => sample.cpuUs / 1_000 / sample.elapsedMs)),
    ratios: references.map((reference) => reference && figureOf(ratiosOf(samples, reference.samples, cpuUsPerRequest))),
  }));
}

/** Median, least and greatest of some numbers; of an even count, the median is the mean of the middle two. */
export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return { median: (lower + upper) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** What a figure of each sample is as a multiple of the one of the same round. */
export function ratiosOf(
  samples: readonly Sample[],
  references: readonly Sample[],
  of: (sample: Sample) => number,
): readonly number[] {
  return samples.flatMap((sample, round) => {
    const reference = references[round];
    return reference === undefined ? [] : [of(sample) / of(reference)];
  });
}

/** CPU time a request, in microseconds. */
export function cpuUsPerRequest(sample: Sample): number {
  return sample.cpuUs / sample.requests;
}
