/** What moves a limit, and how far. */
export interface GradientOptions {
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Latency may be so many times the usual before the limit falls; at least 1. */
  readonly tolerance: number;
  /** By how much the limit may grow while latency stays. */
  readonly queue: number;
  /** How much of a new value counts, 0 to 1. */
  readonly smoothing: number;
  /** How many windows make the usual latency. */
  readonly longWindow: number;
}

/** What was measured in one window. */
export interface WindowSample {
  /** Mean latency, in any unit. */
  readonly latency: number;
  /** The most that were under way at once. */
  readonly inFlight: number;
}

/** The usual latency is a plain mean at first. */
const WARM_UP = 10;
/** The limit falls to no less than this share of itself in a window, before smoothing. */
const LEAST_GRADIENT = 0.5;
/** If the usual latency is so many times the latest, load has passed: it is led back faster. */
const DRIFT = 2;
const DRIFT_DECAY = 0.9;

/**
 * The limit of Netflix' Gradient2: the latest latency against the one of the long term. While both are alike the limit
 * grows, when the latest is higher requests queue at the service, and the limit falls
 * (https://github.com/Netflix/concurrency-limits, Gradient2Limit).
 */
export class Gradient {
  #limit: number;
  #longLatency = 0;
  #windows = 0;

  constructor(initial: number) {
    this.#limit = initial;
  }

  /** How many requests may be under way, a whole number within the bounds. */
  limit({ min, max }: Pick<GradientOptions, "min" | "max">): number {
    return Math.floor(Math.max(min, Math.min(max, this.#limit)));
  }

  /** The usual latency; 0 before the first window. */
  get longLatency(): number {
    return this.#longLatency;
  }

  update({ latency, inFlight }: WindowSample, options: GradientOptions): void {
    const longLatency = this.#follow(latency, options.longWindow);
    if (longLatency / latency > DRIFT) this.#longLatency *= DRIFT_DECAY;
    // A limit that nobody reaches is not tested by what was measured.
    if (inFlight < this.#limit / 2) return;
    const gradient = Math.max(LEAST_GRADIENT, Math.min(1, (options.tolerance * longLatency) / latency));
    const wanted = this.#limit * gradient + options.queue;
    const smoothed = this.#limit * (1 - options.smoothing) + wanted * options.smoothing;
    this.#limit = Math.max(options.min, Math.min(options.max, smoothed));
  }

  #follow(latency: number, longWindow: number): number {
    this.#windows++;
    const isWarmingUp = this.#windows <= WARM_UP;
    const share = isWarmingUp ? 1 / this.#windows : 2 / (longWindow + 1);
    this.#longLatency += (latency - this.#longLatency) * share;
    return this.#longLatency;
  }
}
