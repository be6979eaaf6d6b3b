import type { Signal } from "../rule.ts";
import { type BaselineState, type Forecast, SeasonalBaseline } from "./baseline.ts";
import type { Latest } from "./minutes.ts";
import { type Minutes, SCALES } from "./signals.ts";

export interface DetectorOptions {
  readonly signal: Signal;
  readonly seasonMs: number;
  /** A smaller change is none. */
  readonly change: number;
}

/** Something unusual. */
export interface Unusual {
  readonly value: number;
  readonly usual: number;
  readonly summary: string;
}

/** Before so many seasons it does not speak. */
const SEASONS_TO_LEARN = 2;
/** So many deviations are unusual; what is unusual already stays so until there are fewer. */
const DEVIATIONS = 5;
const FEWER_DEVIATIONS = 3;
/** What is unusual already stays so until the change is less than this part of the one that matters. */
const LESS_CHANGE = 0.7;
/** The last minute alone has to show this part of it, or what is seen is the rest of a spike. */
const CHANGE_OF_LAST = 0.5;
/** So many minutes in a row. */
const MINUTES_IN_ROW = 3;
/** A change that lasts for so long is the usual from then on, in ms. */
const ACCEPT_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
/** Weight of a minute for the mean residual of what lasts. */
const RECENT_WEIGHT = 1 / 60;

/** Tells what is unusual of one signal of one route. While it is, nothing is learned. */
export class Detector {
  readonly #options: DetectorOptions;
  readonly #baseline: SeasonalBaseline;
  #inRow = 0;
  #direction: -1 | 0 | 1 = 0;
  #unusualSince: number | undefined = undefined;
  #recent = 0;

  constructor(options: DetectorOptions, at: number, state?: BaselineState) {
    this.#options = options;
    this.#baseline = new SeasonalBaseline(options.seasonMs, at, state);
  }

  /** Whether it has learned for long enough to speak. */
  isReady(at: number): boolean {
    return this.#baseline.seasons(at) >= SEASONS_TO_LEARN;
  }

  get state(): BaselineState {
    return this.#baseline.state;
  }

  /** Takes the latest minutes, once a minute; answers what is unusual about them. */
  step(at: number, latest: Latest): Unusual | undefined {
    const { signal } = this.#options;
    const scale = SCALES[signal];
    const seen = signal === "rate" ? latest.few : latest.enough;
    const value = scale.valueOf(seen);
    if (value === undefined) {
      this.#forget();
      return undefined;
    }
    const usual = this.#baseline.forecast(at);
    const direction = usual === undefined || !this.isReady(at) ? 0 : this.#directionOf(seen, value, usual, latest.last);
    this.#count(direction);
    if (direction === 0) this.#unusualSince = undefined;
    // What may be the beginning of it is not learned from.
    if (direction === 0 && this.#inRow === 0)
      this.#baseline.learn(at, value, scale.noiseOf(seen, usual?.mean ?? value));
    if (usual === undefined || this.#inRow < MINUTES_IN_ROW || this.#accept(at, value - usual.mean)) return undefined;
    const [found, expected] = [scale.unscale(value), scale.unscale(usual.mean)];
    return { value: found, usual: expected, summary: scale.summary(scale.text(found), scale.text(expected)) };
  }

  /** Whether it is unusual, and in which direction. */
  #directionOf(seen: Minutes, value: number, usual: Forecast, last: Minutes): -1 | 0 | 1 {
    const { signal, change } = this.#options;
    const scale = SCALES[signal];
    const isUnusual = this.#inRow >= MINUTES_IN_ROW;
    if (Math.abs(scale.deviationsOf(seen, value, usual)) < (isUnusual ? FEWER_DEVIATIONS : DEVIATIONS)) return 0;
    const size = scale.sizeOf(seen, value, usual.mean, change);
    if (Math.abs(size) < (isUnusual ? LESS_CHANGE : 1)) return 0;
    const direction = size > 0 ? 1 : -1;
    if (isUnusual) return direction;
    const lastValue = scale.valueOf(last);
    if (lastValue === undefined) return direction;
    return scale.sizeOf(last, lastValue, usual.mean, change) * direction < CHANGE_OF_LAST ? 0 : direction;
  }

  #count(direction: -1 | 0 | 1): void {
    if (direction === 0) this.#inRow = 0;
    else this.#inRow = direction === this.#direction ? this.#inRow + 1 : 1;
    this.#direction = direction;
  }

  /** Whether it has lasted for so long that it is the usual now. */
  #accept(at: number, residual: number): boolean {
    if (this.#unusualSince === undefined) {
      this.#unusualSince = at - (MINUTES_IN_ROW - 1) * MINUTE_MS;
      this.#recent = residual;
    }
    this.#recent += RECENT_WEIGHT * (residual - this.#recent);
    if (at - this.#unusualSince < ACCEPT_MS) return false;
    this.#baseline.shift(this.#recent);
    this.#forget();
    return true;
  }

  #forget(): void {
    this.#inRow = 0;
    this.#direction = 0;
    this.#unusualSince = undefined;
  }
}
