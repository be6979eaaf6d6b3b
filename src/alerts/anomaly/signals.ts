import { percent } from "../finding.ts";
import type { Signal } from "../rule.ts";
import type { Forecast } from "./baseline.ts";

/** Requests of some minutes. */
export interface Minutes {
  readonly minutes: number;
  readonly requests: number;
  readonly failures: number;
  /** In ms; undefined if nothing tells. */
  readonly p90Ms: number | undefined;
}

/** How one thing about requests is measured, on a scale on which a baseline can learn it. */
export interface SignalScale {
  /** Undefined if there is nothing to measure. */
  valueOf(seen: Minutes): number | undefined;
  /** The variance that counting alone gives a value, where the mean is usual. */
  noiseOf(seen: Minutes, mean: number): number;
  /** How many standard deviations it is above or, negative, below what is usual. */
  deviationsOf(seen: Minutes, value: number, usual: Forecast): number;
  /** How large a change is, as a part of the one that matters: 1 does, -1 does in the other direction. */
  sizeOf(seen: Minutes, value: number, mean: number, change: number): number;
  /** In its own unit: requests a minute, a share, ms. */
  unscale(value: number): number;
  summary(value: string, usual: string): string;
  text(value: number): string;
}

/** With fewer a share of failures says nothing. */
const LEAST_FAILURES = 5;
/** A rise of the share of failures that matters, at least. */
const LEAST_RISE = 0.01;
const LEAST_TIMED = 10;

/** The logarithm of the requests: what grows by a share is as far anywhere. */
const rate: SignalScale = {
  valueOf: ({ requests, minutes }) => Math.log((requests + 0.5) / minutes),
  noiseOf: ({ minutes }, mean) => 1 / (Math.exp(mean) * minutes + 0.5),
  deviationsOf: (seen, value, usual) =>
    standardized(value - usual.mean, usual.variance + rate.noiseOf(seen, usual.mean)),
  sizeOf: (_seen, value, mean, change) => (value - mean) / -Math.log(Math.max(1e-9, 1 - change)),
  unscale: Math.exp,
  summary: (value, usual) => `${value} requests a minute; usual are ${usual}`,
  text: count,
};

/**
 * The arcsine of the root of the share (Anscombe 1948): of few requests and of many it has one noise. Few failures are not
 * normal on any scale: how unusual they are is the deviance of a Poisson distribution, from the most that is usual.
 */
const errors: SignalScale = {
  valueOf: ({ requests, failures }) =>
    requests === 0 ? undefined : Math.asin(Math.sqrt((failures + 0.375) / (requests + 0.75))),
  noiseOf: ({ requests }) => 1 / (4 * requests + 2),
  deviationsOf({ requests, failures }, _value, { mean, variance }) {
    const most = requests * errors.unscale(mean + 2 * Math.sqrt(variance));
    if (failures < LEAST_FAILURES || failures <= most) return 0;
    return Math.sqrt(2 * (failures * Math.log(failures / most) - failures + most));
  },
  sizeOf({ requests, failures }, _value, mean, change) {
    const usual = errors.unscale(mean);
    return (failures / Math.max(1, requests) - usual) / Math.max(LEAST_RISE, change * usual);
  },
  unscale: (value) => Math.sin(Math.min(Math.PI / 2, Math.max(0, value))) ** 2,
  summary: (value, usual) => `${value} of the requests fail; usual are ${usual}`,
  text: percent,
};

/** The logarithm of the time within which 90 % are answered. */
const latency: SignalScale = {
  valueOf: ({ p90Ms, requests }) =>
    p90Ms === undefined || p90Ms <= 0 || requests < LEAST_TIMED ? undefined : Math.log(p90Ms),
  noiseOf: ({ requests }) => 3 / (requests + 1),
  deviationsOf: (seen, value, usual) =>
    standardized(value - usual.mean, usual.variance + latency.noiseOf(seen, usual.mean)),
  // What has become faster is no alert.
  sizeOf: (_seen, value, mean, change) => Math.max(0, value - mean) / Math.log(1 + change),
  unscale: Math.exp,
  summary: (value, usual) => `90 % are answered within ${value} ms; usual are ${usual} ms`,
  text: count,
};

export const SCALES: Readonly<Record<Signal, SignalScale>> = { rate, errors, latency };

function standardized(residual: number, variance: number): number {
  return residual / Math.sqrt(variance);
}

function count(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
}
