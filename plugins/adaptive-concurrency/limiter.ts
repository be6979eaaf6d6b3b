import { Gradient, type GradientOptions } from "./gradient.ts";

export interface LimiterOptions extends GradientOptions {
  /** Between two changes of the limit, in ms. */
  readonly windowMs: number;
}

/** Fewer say nothing: the window goes on. */
const LEAST_SAMPLES = 10;
/** A latency too short to be told from none, in ms. */
const LEAST_LATENCY_MS = 0.1;

/** Counts the attempts at a service that are under way, and measures those that end. Times are ms of any one clock. */
export class Limiter {
  /** Under way. */
  inFlight = 0;
  /** Refused since the start. */
  refused = 0;
  readonly #gradient: Gradient;
  #endsAt = 0;
  #samples = 0;
  #sumMs = 0;
  #mostInFlight = 0;

  constructor(initial: number) {
    this.#gradient = new Gradient(initial);
  }

  limit(options: Pick<GradientOptions, "min" | "max">): number {
    return this.#gradient.limit(options);
  }

  /** The latency that is usual, in ms; 0 before the first window. */
  get usualMs(): number {
    return this.#gradient.longLatency;
  }

  /** Takes a place; false if all are taken. */
  take(options: LimiterOptions): boolean {
    if (this.inFlight >= this.#gradient.limit(options)) {
      this.refused++;
      return false;
    }
    this.inFlight++;
    if (this.inFlight > this.#mostInFlight) this.#mostInFlight = this.inFlight;
    return true;
  }

  /** Gives a place back, and nothing is learnt of how long it was taken. */
  release(): void {
    this.inFlight--;
  }

  /** Gives a place back that was taken for so long. */
  measured(startedAt: number, now: number, options: LimiterOptions): void {
    this.inFlight--;
    this.#samples++;
    this.#sumMs += Math.max(LEAST_LATENCY_MS, now - startedAt);
    if (now >= this.#endsAt && this.#samples >= LEAST_SAMPLES) this.#endWindow(now, options);
  }

  #endWindow(now: number, options: LimiterOptions): void {
    this.#gradient.update({ latency: this.#sumMs / this.#samples, inFlight: this.#mostInFlight }, options);
    this.#endsAt = now + options.windowMs;
    this.#samples = 0;
    this.#sumMs = 0;
    this.#mostInFlight = this.inFlight;
  }
}
