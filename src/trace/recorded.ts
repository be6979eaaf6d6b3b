import { type Attributes, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { ATTR_ERROR_TYPE } from "@opentelemetry/semantic-conventions";
import type { RequestTrace } from "../context/trace.ts";
import type { HeadBuffer } from "../http1/head-buffer.ts";
import type { Recorder } from "./recorder.ts";
import type { RequestRecord } from "./request-record.ts";
import { traceparentOf } from "./traceparent.ts";

/** A span of a request that is recorded, and the place in its trace that whatever runs meanwhile sees. */
export class RecordedSpan implements RequestTrace {
  readonly isSampled = true;
  readonly traceId: string;
  readonly spanId: string;
  readonly recorder: Recorder;
  readonly record: RequestRecord;
  /** Another span has begun below it. */
  isParent = false;
  readonly #span: Span;

  constructor(span: Span, recorder: Recorder, record: RequestRecord) {
    const { traceId, spanId } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.recorder = recorder;
    this.record = record;
    this.#span = span;
  }

  get traceparent(): string {
    return traceparentOf(this.traceId, this.spanId, true);
  }

  get root(): RequestTrace {
    return this.record.span;
  }

  writeTo(head: HeadBuffer): void {
    this.recorder.write(head, this.traceId + this.spanId, 0, true);
  }

  set(key: string, value: string | number | boolean): void {
    this.record.span.add({ [key]: value });
  }

  /** Begins a span below this one. */
  start(name: string, at: number, kind: SpanKind = SpanKind.INTERNAL, attributes?: Attributes): RecordedSpan {
    this.isParent = true;
    const start = { name, at, kind, ...(attributes === undefined ? {} : { attributes }) };
    return new RecordedSpan(this.recorder.startBelow(this.#span, start), this.recorder, this.record);
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  add(attributes: Attributes): void {
    if (this.#span.isRecording()) this.#span.setAttributes(attributes);
  }

  /** @param type the code of an error, or a status */
  fail(type: string, message?: string): void {
    this.#span.setAttribute(ATTR_ERROR_TYPE, type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
  }

  /** @param at on the clock of `performance.now()` */
  end(at: number): void {
    this.#span.end(this.recorder.clock.at(at));
  }
}
