import type { HrTime } from "@opentelemetry/api";

/** The wall clock may be set while the process runs: beyond this difference, in ms, the newer one is believed. */
const MOST_OFF_MS = 20;

/** Makes the times of spans of those of requests, which are on the clock of `performance.now()`. */
export class SpanClock {
  #offset = performance.timeOrigin;

  /** Looks whether the wall clock was set; between two traces, so that the times of one fit each other. */
  check(): void {
    const offset = Date.now() - performance.now();
    if (Math.abs(offset - this.#offset) > MOST_OFF_MS) this.#offset = offset;
  }

  /** Whole seconds since 1970, and nanoseconds. */
  at(time: number): HrTime {
    const ms = time + this.#offset;
    const seconds = Math.floor(ms / 1_000);
    return [seconds, Math.min(Math.round((ms - seconds * 1_000) * 1e6), 999_999_999)];
  }
}
