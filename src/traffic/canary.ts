import type { CanaryConfig } from "../config/schema-traffic.ts";
import { type Limits, whyWorse } from "./judge.ts";
import { addTo, emptyTally, SlidingTally, type Tally } from "./tally.ts";

/** What all gateways agree on: when it began, and whether it was stopped. */
export interface CanaryRecord {
  /** Ms since 1970; so is `stoppedAt`. */
  readonly startedAt: number;
  readonly stoppedAt?: number;
  /** In words. */
  readonly reason?: string;
}

/** Of the two records of one run, what holds: it began when the first gateway began, and the first stop counts. */
export function agreed(a: CanaryRecord, b: CanaryRecord): CanaryRecord {
  const startedAt = Math.min(a.startedAt, b.startedAt);
  const stopped = [a, b]
    .filter((record) => record.stoppedAt !== undefined)
    .sort((x, y) => (x.stoppedAt ?? 0) - (y.stoppedAt ?? 0))[0];
  return stopped === undefined ? { startedAt } : { ...stopped, startedAt };
}

/** How a canary is doing, for people. */
export interface CanaryReport {
  readonly service: string;
  readonly state: "running" | "done" | "stopped";
  /** Of the requests, from 0 to 1. */
  readonly share: number;
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  readonly startedAt: string;
  /** When the next step begins. */
  readonly nextAt?: string;
  readonly stoppedAt?: string;
  readonly reason?: string;
}

/** One run of a new version beside an old one: its share grows by the clock, and is 0 from the moment in which it is worse. */
export class Canary {
  /** Of the requests now, from 0 to 1. */
  share = 0;
  #record: CanaryRecord;
  readonly #config: CanaryConfig;
  readonly #limits: Limits;
  readonly #now: () => number;
  /** Old version, new version: the latest requests, and those of the step. */
  readonly #recent: readonly [SlidingTally, SlidingTally];
  #ofStep: [Tally, Tally] = [emptyTally(), emptyTally()];
  /** The old version's latest tally that was large enough to compare with: on the last step it may get no request. */
  #known: Tally = emptyTally();
  #step = -1;

  constructor(config: CanaryConfig, now: () => number) {
    this.#config = config;
    this.#now = now;
    this.#limits = {
      minRequests: config["min-requests"],
      maxExtraErrors: config["max-extra-errors"],
      maxLatencyRatio: config["max-latency-ratio"],
    };
    this.#recent = [new SlidingTally(config.window), new SlidingTally(config.window)];
    this.#record = { startedAt: now() };
    this.#turn();
  }

  get record(): CanaryRecord {
    return this.#record;
  }

  /** Notes how a request to the old or the new version has ended. */
  add(isNew: boolean, isFailure: boolean, ms: number | undefined): void {
    const index = isNew ? 1 : 0;
    this.#recent[index].add(this.#now(), isFailure, ms);
    addTo(this.#ofStep[index], isFailure, ms);
  }

  /** Takes what another gateway knows. */
  adopt(record: CanaryRecord): void {
    this.#record = agreed(this.#record, record);
    this.#turn();
  }

  /** Looks at the clock and at the requests; answers why it has stopped now, if it has. */
  tick(): string | undefined {
    this.#turn();
    if (this.#record.stoppedAt !== undefined) return undefined;
    const reason = this.#whyWorse();
    if (reason === undefined) return undefined;
    this.#record = { ...this.#record, stoppedAt: this.#now(), reason };
    this.share = 0;
    return reason;
  }

  report(): CanaryReport {
    const { startedAt, stoppedAt, reason } = this.#record;
    const { service, steps, every } = this.#config;
    const isLast = this.#step === steps.length - 1;
    return {
      service,
      state: stoppedAt !== undefined ? "stopped" : isLast ? "done" : "running",
      share: this.share,
      step: this.#step + 1,
      steps: steps.length,
      startedAt: timeText(startedAt),
      ...(stoppedAt === undefined && !isLast && { nextAt: timeText(startedAt + (this.#step + 1) * every) }),
      ...(stoppedAt !== undefined && { stoppedAt: timeText(stoppedAt), reason: reason ?? "" }),
    };
  }

  #whyWorse(): string | undefined {
    const now = this.#now();
    const [old, next] = [this.#recent[0].sum(now), this.#recent[1].sum(now)];
    const [oldOfStep, nextOfStep] = this.#ofStep;
    for (const tally of [old, oldOfStep]) if (tally.count >= this.#limits.minRequests) this.#known = { ...tally };
    const against = (tally: Tally) => (tally.count >= this.#limits.minRequests ? tally : this.#known);
    return whyWorse(next, against(old), this.#limits) ?? whyWorse(nextOfStep, against(oldOfStep), this.#limits);
  }

  #turn(): void {
    const { steps, every } = this.#config;
    const { startedAt, stoppedAt } = this.#record;
    // A canary that was stopped is told of with the step on which it was.
    const until = stoppedAt ?? this.#now();
    const passed = Math.floor(Math.max(0, until - startedAt) / every);
    const step = Math.min(passed, steps.length - 1);
    if (step !== this.#step) this.#ofStep = [emptyTally(), emptyTally()];
    this.#step = step;
    this.share = stoppedAt === undefined ? (steps[step] ?? 0) : 0;
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
