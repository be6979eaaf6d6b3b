import { SpanKind } from "@opentelemetry/api";
import type { TelemetryConfig } from "../config/schema-telemetry.ts";
import type { RequestTrace } from "../context/trace.ts";
import type { Context } from "../context.ts";
import { CORE } from "../observe/metrics/core.ts";
import type { CounterSeries } from "../observe/metrics/counter.ts";
import type { MetricsRegistry } from "../observe/metrics/registry.ts";
import { methodIn, requestAttributes } from "./attributes.ts";
import { type Ids, shareOf } from "./ids.ts";
import { IncomingTraces } from "./incoming.ts";
import type { WriteLines } from "./lines.ts";
import type { Parent } from "./parent.ts";
import { linkTo, type Recorder } from "./recorder.ts";
import { RequestRecord } from "./request-record.ts";
import { SecondLimit } from "./second-limit.ts";
import { UnrecordedTrace } from "./unrecorded.ts";

/** Decides of each request which trace it belongs to, and whether that is recorded. */
export class RequestTraces {
  readonly #incoming: IncomingTraces;
  readonly #ids: Ids;
  readonly #recorder: Recorder;
  readonly #write: WriteLines;
  readonly #limit: SecondLimit | undefined;
  /** Recorded are traces whose part of 1 is not below it. */
  readonly #recordedFrom: number;
  readonly #recorded: CounterSeries;
  readonly #limited: CounterSeries;

  constructor(config: TelemetryConfig, ids: Ids, recorder: Recorder, metrics: MetricsRegistry) {
    this.#incoming = new IncomingTraces(config);
    this.#ids = ids;
    this.#recorder = recorder;
    this.#write = recorder.write;
    this.#limit = config.limit === undefined ? undefined : new SecondLimit(config.limit);
    this.#recordedFrom = 1 - config.sampling;
    this.#recorded = metrics.counter(CORE.tracesRecorded).with();
    this.#limited = metrics.counter(CORE.tracesLimited).with();
  }

  /** Before anything else sees the request. */
  begin(ctx: Context): void {
    ctx.trace = this.#incoming.isBare(ctx.request.headers) ? this.#anew(ctx) : this.#continued(ctx);
  }

  #continued(ctx: Context): RequestTrace {
    const incoming = this.#incoming;
    const { headers } = ctx.request;
    const told = incoming.read(headers);
    if (!incoming.isBelieved(ctx.request)) {
      incoming.restart(headers);
      return this.#anew(ctx, undefined, isParent(told) ? told : undefined);
    }
    if (!isParent(told)) {
      incoming.restart(headers);
      return this.#anew(ctx, told?.isSampled);
    }
    const isSampled = told.isSampled ?? shareOf(told.traceId) >= this.#recordedFrom;
    if (isSampled && this.#hasRoom(ctx)) {
      incoming.replace(headers);
      return this.#record(ctx, told);
    }
    const { mayStay } = incoming;
    if (!mayStay) incoming.replace(headers);
    return new UnrecordedTrace(told.traceId + told.spanId, 0, mayStay ? undefined : this.#write, isSampled);
  }

  /**
   * A trace that begins here.
   *
   * @param decided whether it is recorded, where somebody has said so
   * @param linked a span of somebody who is not believed
   */
  #anew(ctx: Context, decided?: boolean, linked?: Parent): RequestTrace {
    const share = this.#ids.next();
    if ((decided ?? share >= this.#recordedFrom) && this.#hasRoom(ctx)) return this.#record(ctx, undefined, linked);
    return new UnrecordedTrace(this.#ids.text, this.#ids.at, this.#write, false);
  }

  #hasRoom({ startedAt }: Context): boolean {
    if (this.#limit === undefined || this.#limit.take(startedAt)) return true;
    this.#limited.inc();
    return false;
  }

  #record({ request, startedAt }: Context, parent: Parent | undefined, linked?: Parent): RequestTrace {
    this.#recorded.inc();
    const start = {
      name: methodIn(request),
      kind: SpanKind.SERVER,
      at: startedAt,
      attributes: requestAttributes(request),
      ...(linked === undefined ? {} : { links: [linkTo(linked)] }),
    };
    const tracestate = parent === undefined ? undefined : request.headers.get("tracestate");
    return new RequestRecord(this.#recorder.begin(start, parent, tracestate), this.#recorder).span;
  }
}

function isParent(told: ReturnType<IncomingTraces["read"]>): told is Parent {
  return told !== undefined && "traceId" in told;
}
