import type { Propagation } from "../config/schema-telemetry.ts";
import type { HeadBuffer } from "../http1/head-buffer.ts";

/**
 * Writes the header lines of one form for a trace.
 *
 * @param ids has the digits of the trace's id from `at` on, and behind them those of the span's
 */
export type WriteLines = (head: HeadBuffer, ids: string, at: number, isSampled: boolean) => void;

/** How services are told of a trace. */
const WRITERS: Readonly<Record<Propagation, WriteLines>> = {
  tracecontext(head, ids, at, isSampled) {
    head
      .text("traceparent: 00-")
      .span(ids, at, at + 32)
      .text("-")
      .span(ids, at + 32, at + 48);
    head.text(isSampled ? "-01\r\n" : "-00\r\n");
  },
  b3(head, ids, at, isSampled) {
    head
      .text("b3: ")
      .span(ids, at, at + 32)
      .text("-")
      .span(ids, at + 32, at + 48);
    head.text(isSampled ? "-1\r\n" : "-0\r\n");
  },
  b3multi(head, ids, at, isSampled) {
    head.text("x-b3-traceid: ").span(ids, at, at + 32);
    head.text("\r\nx-b3-spanid: ").span(ids, at + 32, at + 48);
    head.text(isSampled ? "\r\nx-b3-sampled: 1\r\n" : "\r\nx-b3-sampled: 0\r\n");
  },
};

/** Writes the lines of all these forms. */
export function writerOf(forms: readonly Propagation[]): WriteLines {
  const writers = forms.map((form) => WRITERS[form]);
  const [first] = writers;
  if (first !== undefined && writers.length === 1) return first;
  return (head, ids, at, isSampled) => {
    for (const write of writers) write(head, ids, at, isSampled);
  };
}
