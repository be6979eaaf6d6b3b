import { ROUTE_BOUNDS } from "../../../src/history/sample.ts";
import { type Random, randomOf } from "./random.ts";

export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1_440;
export const WEEK_MINUTES = 7 * DAY_MINUTES;
/** A Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2026, 0, 5);

/** What one route is like. */
export interface Profile {
  readonly name: string;
  /** Requests a minute in the mean of a week. */
  readonly rate: number;
  /** How much a weekend has of a weekday. */
  readonly weekend: number;
  /** Share that fails. */
  readonly errors: number;
  /** Of the latency, in ms. */
  readonly medianMs: number;
}

/** One minute of a route. */
export interface Minute {
  readonly requests: number;
  readonly failures: number;
  readonly latency: readonly number[];
}

/** What an incident changes, in the minute `i` of it of `of`. */
export interface Effect {
  readonly rate?: number;
  readonly errors?: number;
  readonly latency?: number;
}

const SIGMA = 0.6;

/**
 * The traffic of a route, a minute at a time: a day with its night, weekends, growth of 2 % a week, a random walk that
 * comes back, noise of each minute and of counting, a spike of a minute or two about twice a day, and a release every Tuesday
 * that changes rate, latency and errors a little and for good.
 */
export class Traffic {
  readonly #profile: Profile;
  readonly #random: Random;
  #minute = 0;
  #walk = 0;
  #latencyWalk = 0;
  #errorWalk = 0;
  #release = { rate: 1, latency: 1, errors: 1 };
  #spike = { left: 0, rate: 1, errors: 0, latency: 1 };

  constructor(profile: Profile, seed: number) {
    this.#profile = profile;
    this.#random = randomOf(seed);
  }

  /** The next minute; on a holiday there is half as much. */
  next(effect: Effect = {}, isHoliday = false): Minute {
    const { rate, weekend, errors, medianMs } = this.#profile;
    const { normal, poisson } = this.#random;
    const minute = this.#minute++;
    this.#walk = 0.99 * this.#walk + 0.012 * normal();
    this.#latencyWalk = 0.98 * this.#latencyWalk + 0.012 * normal();
    this.#errorWalk = 0.97 * this.#errorWalk + 0.06 * normal();
    this.#change(minute);
    const day = Math.floor(minute / DAY_MINUTES) % 7;
    const hour = (minute % DAY_MINUTES) / 60;
    const daily = Math.exp(
      0.9 * Math.sin(((hour - 9) / 24) * 2 * Math.PI) + 0.25 * Math.sin(((hour - 3) / 12) * 2 * Math.PI),
    );
    const share = day >= 5 ? weekend : 1;
    const growth = 1.02 ** (minute / WEEK_MINUTES);
    const load =
      daily * share * growth * Math.exp(this.#walk + 0.04 * normal()) * this.#release.rate * this.#spike.rate;
    const requests = poisson(rate * load * (isHoliday ? 0.5 : 1) * (effect.rate ?? 1));
    const failing = errors * Math.exp(this.#errorWalk + 0.2 * normal()) * this.#release.errors + this.#spike.errors;
    const failures = Math.min(requests, poisson(requests * Math.min(1, failing + (effect.errors ?? 0))));
    const slower = (1 + 0.1 * daily) * Math.exp(this.#latencyWalk + 0.02 * normal()) * this.#release.latency;
    const median = medianMs * slower * this.#spike.latency * (effect.latency ?? 1);
    return { requests, failures, latency: spread(requests, median, this.#random) };
  }

  #change(minute: number): void {
    const { uniform, normal } = this.#random;
    if (minute % WEEK_MINUTES === DAY_MINUTES + 14 * 60) {
      const { rate, latency, errors } = this.#release;
      this.#release = {
        rate: rate * Math.exp(0.05 * normal()),
        latency: Math.min(2, Math.max(0.5, latency * Math.exp(0.1 * normal()))),
        errors: Math.min(3, Math.max(0.3, errors * Math.exp(0.2 * normal()))),
      };
    }
    if (this.#spike.left > 0) this.#spike.left--;
    else this.#spike = { left: 0, rate: 1, errors: 0, latency: 1 };
    if (uniform() >= 2 / DAY_MINUTES) return;
    const kind = uniform();
    const left = uniform() < 0.5 ? 0 : 1;
    if (kind < 0.4) this.#spike = { left, rate: 3, errors: 0, latency: 1 };
    else if (kind < 0.7) this.#spike = { left, rate: 1, errors: 0.05, latency: 1 };
    else this.#spike = { left, rate: 1, errors: 0, latency: 4 };
  }
}

/** Log-normal latencies in the buckets of a route. */
function spread(requests: number, medianMs: number, { poisson }: Random): number[] {
  const counts: number[] = [];
  let below = 0;
  for (const bound of [...ROUTE_BOUNDS, Number.POSITIVE_INFINITY]) {
    const share = bound === Number.POSITIVE_INFINITY ? 1 : normalBelow(Math.log((bound * 1_000) / medianMs) / SIGMA);
    const expected = requests * (share - below);
    counts.push(expected < 0.01 ? 0 : poisson(expected));
    below = share;
  }
  return counts;
}

/** The share of a normal distribution below x (Abramowitz and Stegun 7.1.26). */
function normalBelow(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x / Math.SQRT2));
  const y = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const half = 1 - y * Math.exp(-(x * x) / 2);
  return x >= 0 ? 0.5 * (1 + half) : 0.5 * (1 - half);
}
