import type { Outcome } from "../../context/outcome.ts";
import type { Context } from "../../context.ts";
import { ERRORS, type ErrorCode } from "../../errors.ts";
import { CORE } from "./core.ts";
import type { Counter, CounterSeries } from "./counter.ts";
import type { DistributionSeries } from "./histogram.ts";
import type { MetricsRegistry } from "./registry.ts";

/** A client may send any method; these have a series of their own. */
const METHODS = ["OTHER", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]));
const CLASSES = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;
/** Series of one metric, for all routes together. */
const MOST_SERIES = 20_000;

/** When what happened to a request, on the clock of `performance.now()`; 0 for what did not. */
type Times = Pick<Context, "startedAt" | "repliedAt" | "upstreamStartedAt" | "upstreamEndedAt">;

/** Counts the requests of one route. What is counted often is looked up once. */
export class RequestRecorder {
  readonly #route: string;
  readonly #requests: Counter<typeof CORE.requests.labels>;
  readonly #errors: Counter<typeof CORE.errors.labels>;
  readonly #duration: DistributionSeries;
  readonly #own: DistributionSeries;
  readonly #upstream: DistributionSeries;
  readonly #bytesIn: CounterSeries;
  readonly #bytesOut: CounterSeries;
  /** By method and class of the status, made when the first such request has ended. */
  readonly #byKind: (CounterSeries | undefined)[];
  readonly #byCode = new Map<ErrorCode, CounterSeries>();

  /** An empty name is for requests that no route took. */
  constructor(registry: MetricsRegistry, route: string) {
    this.#route = route;
    this.#requests = registry.counter(CORE.requests, MOST_SERIES);
    this.#errors = registry.counter(CORE.errors, MOST_SERIES);
    this.#duration = registry.histogram(CORE.requestDuration, MOST_SERIES).with(route);
    this.#own = registry.histogram(CORE.requestOwn, MOST_SERIES).with(route);
    this.#upstream = registry.histogram(CORE.requestUpstream, MOST_SERIES).with(route);
    this.#bytesIn = registry.counter(CORE.requestBytes, MOST_SERIES).with(route);
    this.#bytesOut = registry.counter(CORE.replyBytes, MOST_SERIES).with(route);
    this.#byKind = Array.from({ length: METHODS.length * CLASSES.length }, () => undefined);
  }

  record(ctx: Times & Pick<Context, "request">, outcome: Outcome): void {
    const { status, bytesIn, bytesOut, errorCode } = outcome;
    const kind = (METHOD_INDEX.get(ctx.request.method) ?? 0) * CLASSES.length + classOf(status);
    (this.#byKind[kind] ?? this.#firstOf(kind)).inc();
    if (status !== 101) this.#observe(ctx, outcome.durationMs);
    if (bytesIn > 0) this.#bytesIn.inc(bytesIn);
    if (bytesOut > 0) this.#bytesOut.inc(bytesOut);
    if (errorCode !== undefined) (this.#byCode.get(errorCode) ?? this.#firstError(errorCode)).inc();
  }

  /** A body that is on its way for long is the time of whoever sends and takes it: the gateway's own ends before. */
  #observe({ startedAt, repliedAt, upstreamStartedAt, upstreamEndedAt }: Times, durationMs: number): void {
    const untilReplyMs = repliedAt === 0 ? durationMs : repliedAt - startedAt;
    const upstreamMs = upstreamStartedAt === 0 ? 0 : Math.max(upstreamEndedAt - upstreamStartedAt, 0);
    this.#duration.observe(durationMs / 1_000);
    this.#own.observe((untilReplyMs - upstreamMs) / 1_000);
    if (upstreamStartedAt !== 0) this.#upstream.observe(upstreamMs / 1_000);
  }

  #firstOf(kind: number): CounterSeries {
    const method = METHODS[Math.floor(kind / CLASSES.length)] ?? "OTHER";
    const series = this.#requests.with(this.#route, method, CLASSES[kind % CLASSES.length] ?? "other");
    this.#byKind[kind] = series;
    return series;
  }

  #firstError(code: ErrorCode): CounterSeries {
    const series = this.#errors.with(this.#route, code, ERRORS[code].source);
    this.#byCode.set(code, series);
    return series;
  }
}

function classOf(status: number): number {
  return status >= 100 && status < 600 ? (status / 100) | 0 : 0;
}
