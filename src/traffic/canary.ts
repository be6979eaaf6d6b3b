import type { CanaryConfig } from "../config/schema-traffic.ts";
import { agreed, type CanaryOrder, type CanaryRecord, isNewer, ordered } from "./canary-record.ts";
import type { CanaryReport, CanaryView } from "./canary-report.ts";
import { type Limits, whyWorse } from "./judge.ts";
import { addTo, emptyTally, SlidingTally, type Tally } from "./tally.ts";

/** One run of a new version beside an old one: its share grows by the clock, and is 0 from the moment in which it is worse. */
export class Canary {
  /** Of the requests now, from 0 to 1. */
  share = 0;
  #record: CanaryRecord;
  readonly #config: CanaryConfig;
  readonly #limits: Limits;
  readonly #now: () => number;
  /** Old version, new version: the latest requests, and those of the step. */
  #recent: readonly [SlidingTally, SlidingTally];
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
    this.#recent = this.#tallies();
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
    this.#goBy(agreed(this.#record, record));
  }

  /** Goes by what an operator has decided, unless it knows of something newer. */
  obey(order: CanaryOrder): void {
    if (isNewer(order, this.#record.order)) this.#goBy(ordered(this.#record, order));
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
    const { service, steps } = this.#config;
    const nextAt = this.#nextAt;
    return {
      service,
      state: this.#state,
      share: this.share,
      step: this.#step + 1,
      steps: steps.length,
      startedAt: timeText(startedAt),
      since: timeText(this.#since),
      ...(nextAt !== undefined && { nextAt: timeText(nextAt) }),
      ...(stoppedAt !== undefined && { stoppedAt: timeText(stoppedAt), reason: reason ?? "" }),
    };
  }

  /** The same with what an order is made of. */
  view(): Omit<CanaryView, "route" | "against" | "run"> {
    const [old, next] = this.#ofStep.map(({ count, failures }) => ({ requests: count, failures })) as [Counts, Counts];
    return {
      ...this.report(),
      order: this.#record.order?.number ?? 0,
      elapsedMs: this.#elapsedMs,
      stepMs: this.#step * this.#config.every,
      counts: { new: next, old },
    };
  }

  get #state(): CanaryReport["state"] {
    const { stoppedAt, order } = this.#record;
    if (stoppedAt !== undefined) return "stopped";
    if (order?.state === "paused" || order?.state === "promoted") return order.state;
    return this.#isLast ? "done" : "running";
  }

  get #isLast(): boolean {
    return this.#step === this.#config.steps.length - 1;
  }

  /** Between stopped and started again, and while it is paused, no time passes. */
  get #elapsedMs(): number {
    const { startedAt, stoppedAt, order } = this.#record;
    const until = stoppedAt ?? this.#now();
    if (order === undefined) return Math.max(0, until - startedAt);
    return order.elapsedMs + (order.state === "running" ? Math.max(0, until - order.at) : 0);
  }

  /** When the elapsed time was or will be so long, in ms since 1970. */
  #whenElapsed(ms: number): number {
    const { startedAt, order } = this.#record;
    return order === undefined ? startedAt + ms : order.at + ms - order.elapsedMs;
  }

  get #since(): number {
    const { stoppedAt, order, startedAt } = this.#record;
    if (stoppedAt !== undefined) return stoppedAt;
    if (order !== undefined && order.state !== "running") return order.at;
    return Math.max(order?.at ?? startedAt, this.#whenElapsed(this.#step * this.#config.every));
  }

  get #nextAt(): number | undefined {
    if (this.#state !== "running") return undefined;
    return this.#whenElapsed((this.#step + 1) * this.#config.every);
  }

  #whyWorse(): string | undefined {
    const now = this.#now();
    const [old, next] = [this.#recent[0].sum(now), this.#recent[1].sum(now)];
    const [oldOfStep, nextOfStep] = this.#ofStep;
    for (const tally of [old, oldOfStep]) if (tally.count >= this.#limits.minRequests) this.#known = { ...tally };
    const against = (tally: Tally) => (tally.count >= this.#limits.minRequests ? tally : this.#known);
    return whyWorse(next, against(old), this.#limits) ?? whyWorse(nextOfStep, against(oldOfStep), this.#limits);
  }

  /** Of one that was stopped, and goes on, what was seen before says nothing: it would be stopped for it again. */
  #goBy(record: CanaryRecord): void {
    const wasStopped = this.#record.stoppedAt !== undefined;
    this.#record = record;
    if (wasStopped && record.stoppedAt === undefined) {
      this.#recent = this.#tallies();
      this.#ofStep = [emptyTally(), emptyTally()];
    }
    this.#turn();
  }

  #tallies(): [SlidingTally, SlidingTally] {
    return [new SlidingTally(this.#config.window), new SlidingTally(this.#config.window)];
  }

  #turn(): void {
    const { steps, every } = this.#config;
    const { stoppedAt, order } = this.#record;
    const isPromoted = order?.state === "promoted";
    // A canary that was stopped is told of with the step on which it was.
    const step = isPromoted ? steps.length - 1 : Math.min(Math.floor(this.#elapsedMs / every), steps.length - 1);
    const share = stoppedAt !== undefined ? 0 : isPromoted ? 1 : (steps[step] ?? 0);
    if (step !== this.#step) this.#ofStep = [emptyTally(), emptyTally()];
    this.#step = step;
    this.share = share;
  }
}

type Counts = CanaryView["counts"]["new"];

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
