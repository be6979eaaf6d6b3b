import type { Logger } from "../../observe/logger.ts";
import { CORE } from "../../observe/metrics/core.ts";
import { DistributionSeries } from "../../observe/metrics/histogram.ts";
import type { StoreError, StoreFailure } from "../error.ts";
import type { StoreLatency } from "../report.ts";

/** Timeouts in a row after which nobody is made to wait any more. */
const MOST_TIMEOUTS = 5;

/** What is known of Redis: whether it is there, how it failed, how fast it is. */
export class RedisHealth {
  readonly #now: () => number;
  readonly #log: Logger;
  readonly failures: Partial<Record<StoreFailure, number>> = {};
  lastError: { readonly reason: StoreFailure; readonly message: string; readonly at: number } | undefined = undefined;
  calls = 0;
  since: number;
  maxMs = 0;
  /** How long answers took, in seconds. */
  readonly #latency = new DistributionSeries([], CORE.storeLatency.bounds);
  readonly #waiting = new Set<() => void>();
  #isConnected = false;
  #isSuspended = false;
  #timeouts = 0;

  constructor(now: () => number, log: Logger) {
    this.#now = now;
    this.#log = log;
    this.since = now();
  }

  get isUp(): boolean {
    return this.#isConnected && !this.#isSuspended;
  }

  /** Connected, but it has not answered for some time. */
  get isSuspended(): boolean {
    return this.#isSuspended;
  }

  /** Calls back once, when it is up for the next time. */
  onUp(listener: () => void): void {
    this.#waiting.add(listener);
  }

  /** It was to be there by now. */
  missed(): void {
    if (!this.isUp) this.#changed();
  }

  connected(isConnected: boolean): void {
    const wasUp = this.isUp;
    this.#isConnected = isConnected;
    this.#isSuspended = false;
    this.#timeouts = 0;
    if (this.isUp !== wasUp) this.#changed();
  }

  answer(ms: number): void {
    this.#latency.observe(ms / 1_000);
    if (ms > this.maxMs) this.maxMs = ms;
    this.#timeouts = 0;
  }

  get latency(): StoreLatency {
    const { counts, sum } = this.#latency.series();
    const count = counts.reduce((all, one) => all + one, 0);
    return { count, sumMs: sum * 1_000, maxMs: this.maxMs, counts };
  }

  /** It answers again. */
  resume(): void {
    if (!this.#isSuspended) return;
    this.#isSuspended = false;
    this.#timeouts = 0;
    this.#changed();
  }

  /** So many requests have had no answer. True if from now on nobody shall wait until it answers again. */
  timedOut(requests: number): boolean {
    this.#timeouts += requests;
    if (this.#isSuspended || this.#timeouts < MOST_TIMEOUTS) return false;
    this.#isSuspended = true;
    this.#changed();
    return true;
  }

  /** @param requests how many have met it together */
  failed({ reason, message }: StoreError, requests: number): void {
    this.count(reason, requests);
    if (reason !== "aborted" && reason !== "closed") this.note(reason, message);
  }

  /** A call that was not even sent has a cause that is known already. */
  count(reason: StoreFailure, requests: number): void {
    this.failures[reason] = (this.failures[reason] ?? 0) + requests;
  }

  /** A failure that was no call's. */
  note(reason: StoreFailure, message: string): void {
    this.lastError = { reason, message, at: this.#now() };
  }

  /** Once for each change, however many calls meet it. */
  #changed(): void {
    this.since = this.#now();
    if (this.isUp) {
      this.#log.info("Redis answers");
      for (const listener of this.#waiting) listener();
      this.#waiting.clear();
    } else this.#log.warn("Redis does not answer", { reason: this.lastError?.reason, detail: this.lastError?.message });
  }
}
