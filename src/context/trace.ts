import type { HeadBuffer } from "../http1/head-buffer.ts";

/** The trace that a request belongs to, as plugins see it: where they are in it at the moment. */
export interface RequestTrace {
  /** 32 small hexadecimal digits. */
  readonly traceId: string;
  /** 16 small hexadecimal digits: of the span that runs, or of the client's where the gateway records none. */
  readonly spanId: string;
  /** Whether the gateway records it. */
  readonly isSampled: boolean;
  /** For calls of a plugin's own: the value of their `traceparent` (W3C Trace Context, level 1). */
  readonly traceparent: string;
  /** Its place as a whole, whatever runs at the moment: what goes on beside the request belongs there. */
  readonly root: RequestTrace;
  /** Adds what a service is told of it to the head of a request; for the core alone. */
  writeTo(head: HeadBuffer): void;
  /** Adds an attribute to the span of the request; nothing where none is recorded. */
  set(key: string, value: string | number | boolean): void;
}
