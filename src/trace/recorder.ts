import {
  type Attributes,
  createTraceState,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type Context as SpanContextHolder,
  type SpanKind,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { IdGenerator } from "@opentelemetry/sdk-trace";
import { SpanClock } from "./clock.ts";
import type { Ids } from "./ids.ts";
import type { WriteLines } from "./lines.ts";
import type { Parent } from "./parent.ts";

/** What a span begins with. */
export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** On the clock of `performance.now()`. */
  readonly at: number;
  readonly attributes?: Attributes;
  readonly links?: Link[];
}

/** Hands out the ids that `Ids` has at hand; whoever starts a span has made new ones. */
export function idGenerator(ids: Ids): IdGenerator {
  return { generateTraceId: () => ids.traceId, generateSpanId: () => ids.spanId };
}

/** Starts the spans of one configuration. */
export class Recorder {
  readonly clock = new SpanClock();
  readonly write: WriteLines;
  readonly #tracer: Tracer;
  readonly #ids: Ids;

  constructor(tracer: Tracer, ids: Ids, write: WriteLines) {
    this.#tracer = tracer;
    this.#ids = ids;
    this.write = write;
  }

  /** The first span of a request in this gateway. Without a parent its trace has the id that is at hand. */
  begin(start: SpanStart, parent: Parent | undefined, tracestate: string | undefined): Span {
    this.clock.check();
    if (parent === undefined) return this.#start(start, ROOT_CONTEXT);
    this.#ids.next();
    return this.#start(start, trace.setSpanContext(ROOT_CONTEXT, remote(parent, tracestate)));
  }

  /** A span below another one. */
  startBelow(parent: Span, start: SpanStart): Span {
    this.#ids.next();
    return this.#start(start, trace.setSpan(ROOT_CONTEXT, parent));
  }

  #start({ name, kind, at, attributes, links }: SpanStart, context: SpanContextHolder): Span {
    const options = {
      kind,
      startTime: this.clock.at(at),
      ...(attributes === undefined ? {} : { attributes }),
      ...(links === undefined ? {} : { links }),
    };
    return this.#tracer.startSpan(name, options, context);
  }
}

/** A link to a span of somebody who is not believed: found from the new trace, but not followed. */
export function linkTo(parent: Parent): Link {
  return { context: remote(parent, undefined) };
}

function remote({ traceId, spanId, isSampled }: Parent, tracestate: string | undefined): SpanContext {
  return {
    traceId,
    spanId,
    isRemote: true,
    traceFlags: isSampled === false ? TraceFlags.NONE : TraceFlags.SAMPLED,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  };
}
