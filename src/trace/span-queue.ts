import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace";
import { pause } from "../pause.ts";
import type { SendResult, SendSpans } from "./collector.ts";
import type { ExportHealth } from "./export-health.ts";

export interface SpanQueueOptions {
  readonly send: SendSpans;
  readonly health: ExportHealth;
  /** Spans that wait, at most. */
  readonly most: number;
  /** Ms for which a span waits for others. */
  readonly intervalMs: number;
  /** Uniform in [0, 1); injected in tests, as is the wait. */
  readonly random?: () => number;
  /** Waits; resolves early when the signal is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Spans that are sent together: writing them keeps the process busy for a millisecond or two. */
const BATCH = 256;
/** Tries for one batch, and the waits between: from the first, doubled each time, and less by up to a half. */
const TRIES = 5;
const FIRST_WAIT_MS = 1_000;
/** A collector may ask for a longer one, but not for this. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Spans that have ended, on their way to the collector: sent in batches, one at a time, and again where that may help.
 * They never wait in larger numbers than they may, whatever the collector does.
 */
export class SpanQueue implements SpanProcessor {
  readonly #options: SpanQueueOptions;
  readonly #stop = new AbortController();
  readonly #cut = new AbortController();
  #waiting: ReadableSpan[] = [];
  /** Spans of the batch under way. */
  #sending = 0;
  #timer: Timer | undefined = undefined;
  #running: Promise<void> | undefined = undefined;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
  }

  /** Those of the batch under way included. */
  get size(): number {
    return this.#waiting.length + this.#sending;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.size >= this.#options.most || this.#cut.signal.aborted) return this.#options.health.onDropped();
    this.#waiting.push(span);
    if (this.#running !== undefined) return;
    if (this.#waiting.length >= BATCH) this.#begin();
    else this.#timer ??= this.#arm();
  }

  /** Sends all that waits. */
  async forceFlush(): Promise<void> {
    this.#begin();
    await this.#running;
  }

  /** Sends what waits, without pauses, for at most so long; what is left then is lost. */
  async close(withinMs: number): Promise<void> {
    this.#stop.abort();
    const timer = setTimeout(() => this.#cut.abort(), withinMs);
    await this.forceFlush();
    clearTimeout(timer);
    this.#cut.abort();
  }

  shutdown(): Promise<void> {
    return this.close(0);
  }

  #arm(): Timer {
    const timer = setTimeout(() => this.#begin(), this.#options.intervalMs);
    timer.unref();
    return timer;
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#run();
  }

  /** Goes on while there are whole batches, and to the end at a stop. */
  async #run(): Promise<void> {
    do await this.#sendBatch(this.#waiting.splice(0, BATCH));
    while (this.#waiting.length >= BATCH || (this.#waiting.length > 0 && this.#stop.signal.aborted));
    this.#running = undefined;
    if (this.#waiting.length > 0) this.#timer ??= this.#arm();
  }

  async #sendBatch(batch: readonly ReadableSpan[]): Promise<void> {
    if (batch.length === 0) return;
    const { health } = this.#options;
    this.#sending = batch.length;
    const result = await this.#send(batch);
    this.#sending = 0;
    if (result.kind === "taken") health.onTaken(batch.length, result.rejected);
    else health.onFailed(batch.length, result.reason);
  }

  async #send(batch: readonly ReadableSpan[]): Promise<SendResult> {
    const { send, health, random = Math.random, pause: wait = pause } = this.#options;
    for (let tries = 1; ; tries++) {
      const result = await send(batch, this.#cut.signal);
      if (result.kind !== "later" || tries === TRIES || this.#stop.signal.aborted) return result;
      health.onTrouble(result.reason);
      const ms = Math.max(result.afterMs, FIRST_WAIT_MS * 2 ** (tries - 1) * (1 - random() / 2));
      await wait(Math.min(ms, LONGEST_WAIT_MS), this.#stop.signal);
    }
  }
}
