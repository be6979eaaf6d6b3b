import { Episode } from "../observe/episode.ts";
import type { Logger } from "../observe/logger.ts";
import { CORE } from "../observe/metrics/core.ts";
import type { CounterSeries } from "../observe/metrics/counter.ts";
import type { MetricsRegistry } from "../observe/metrics/registry.ts";

/** After this long without a loss the log says that it is over. */
const QUIET_MS = 5_000;

/** Counts what becomes of spans, and says once when the collector begins to fail and when it is well again. */
export class ExportHealth {
  readonly #log: Logger;
  readonly #exported: CounterSeries;
  readonly #failed: CounterSeries;
  readonly #dropped: CounterSeries;
  readonly #drops: Episode;
  /** Whether the latest export was taken; undefined before the first. */
  isUp: boolean | undefined = undefined;
  /** Since it began to fail. */
  #lost = 0;

  constructor(log: Logger, metrics: MetricsRegistry) {
    const spans = metrics.counter(CORE.traceSpans);
    this.#log = log;
    this.#exported = spans.with("exported");
    this.#failed = spans.with("failed");
    this.#dropped = spans.with("dropped");
    const onBegin = () => log.warn("spans are dropped: too many wait for the collector");
    const onEnd = (dropped: number) => log.info("no more spans are dropped", { dropped });
    this.#drops = new Episode({ quietMs: QUIET_MS, onBegin, onEnd });
  }

  /** @param rejected of them the collector did not want these */
  onTaken(count: number, rejected: number): void {
    this.#exported.inc(count - rejected);
    this.#failed.inc(rejected);
    if (rejected > 0) this.#log.warn("the collector has rejected spans", { rejected });
    const isBack = this.isUp === false;
    this.isUp = true;
    if (!isBack) return;
    this.#log.info("traces are exported again", { failed: this.#lost });
    this.#lost = 0;
  }

  /** They may still be sent. */
  onTrouble(reason: string): void {
    if (this.isUp === false) return;
    this.isUp = false;
    this.#log.warn("traces cannot be exported", { reason });
  }

  onFailed(count: number, reason: string): void {
    this.onTrouble(reason);
    this.#failed.inc(count);
    this.#lost += count;
  }

  /** There is no room for one more. */
  onDropped(): void {
    this.#dropped.inc();
    this.#drops.note();
  }
}
