import { CORE, familyOf } from "./core.ts";
import type { Family } from "./family.ts";
import { DistributionSeries } from "./histogram.ts";

const EVERY_MS = 100;
/** Seconds of which the worst lag is kept. */
const KEPT = 10;
const LOOKS_PER_SECOND = 1_000 / EVERY_MS;

/**
 * Looks ten times a second how late the event loop is, and whether garbage was collected since: Bun has no word for
 * either. A look costs less than a microsecond, and does not keep the process alive.
 */
export class LoopWatch {
  readonly #lag: DistributionSeries;
  readonly #worker: string;
  /** The most of each of the last seconds, in ms. */
  readonly #worst = new Float64Array(KEPT);
  #dueAt: number;
  #looks = 0;
  #collections = 0;
  /** Of an object that nothing else holds: the first collection takes it. */
  #young = new WeakRef({});
  #timer: Timer;

  /** @param worker what tells the process apart */
  constructor(worker: string) {
    this.#worker = worker;
    this.#lag = new DistributionSeries([worker], CORE.loopLag.bounds);
    this.#dueAt = performance.now() + EVERY_MS;
    this.#timer = this.#arm();
  }

  /** A look at that time, on the clock of `performance.now()`. */
  look(now: number): void {
    const lagMs = Math.max(0, now - this.#dueAt);
    const slot = Math.floor(this.#looks / LOOKS_PER_SECOND) % KEPT;
    const isNewSecond = this.#looks % LOOKS_PER_SECOND === 0;
    this.#looks++;
    this.#lag.observe(lagMs / 1_000);
    this.#worst[slot] = isNewSecond ? lagMs : Math.max(this.#worst[slot] as number, lagMs);
    if (this.#young.deref() === undefined) {
      this.#collections++;
      this.#young = new WeakRef({});
    }
    this.#dueAt = now + EVERY_MS;
  }

  families(): readonly Family[] {
    const labels = [this.#worker];
    return [
      familyOf(CORE.loopLag, [this.#lag.series()]),
      familyOf(CORE.worstLag, [{ labels: [], value: Math.max(...this.#worst) / 1_000 }]),
      familyOf(CORE.collections, [{ labels, value: this.#collections }]),
    ];
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #onTimer = (): void => {
    this.look(performance.now());
    this.#timer = this.#arm();
  };

  #arm(): Timer {
    const timer = setTimeout(this.#onTimer, EVERY_MS);
    timer.unref();
    return timer;
  }
}
