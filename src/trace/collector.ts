import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { callOut, type OutgoingAnswer, OutgoingError } from "../identity/outgoing.ts";

/** What became of spans that were sent. */
export type SendResult =
  | { readonly kind: "taken"; readonly rejected: number }
  /** They may be sent again; `afterMs`: not before, where the collector says so. */
  | { readonly kind: "later"; readonly reason: string; readonly afterMs: number }
  | { readonly kind: "refused"; readonly reason: string };

/** Sends spans, once; never rejects. */
export type SendSpans = (spans: readonly ReadableSpan[], signal: AbortSignal) => Promise<SendResult>;

export interface CollectorOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Of an answer, which says little. */
const MOST_BYTES = 65_536;
/** OTLP 1.9, "Retryable Response Codes". */
const RETRYABLE = [429, 502, 503, 504];

/** Sends to a collector by OTLP/HTTP, in protobuf. */
export function collectorAt({ url, headers, timeoutMs }: CollectorOptions): SendSpans {
  const all = { ...headers, "content-type": "application/x-protobuf", "user-agent": "sluice-otlp" };
  return async (spans, signal) => {
    try {
      const bytes = ProtobufTraceSerializer.serializeRequest([...spans]);
      if (bytes === undefined) return { kind: "refused", reason: "the spans cannot be written" };
      // The types of a body allow no memory that is shared; none is.
      const body = bytes as Uint8Array<ArrayBuffer>;
      const call = { url, method: "POST", headers: all, body, timeoutMs, maxBytes: MOST_BYTES, isDirect: true, signal };
      return resultOf(await callOut(call));
    } catch (error) {
      if (error instanceof OutgoingError) return { kind: "later", reason: error.message, afterMs: 0 };
      return { kind: "refused", reason: error instanceof Error ? error.message : String(error) };
    }
  };
}

/** The endpoint of traces below the address of a collector, as OTEL_EXPORTER_OTLP_ENDPOINT has it. */
export function tracesUrl(otlp: string): string {
  const url = otlp.replace(/\/+$/, "");
  return url.endsWith("/v1/traces") ? url : `${url}/v1/traces`;
}

function resultOf({ status, headers, body }: OutgoingAnswer): SendResult {
  if (status >= 200 && status < 300) return takenOf(body);
  const reason = `the collector answers with the status ${status}`;
  if (!RETRYABLE.includes(status)) return { kind: "refused", reason };
  return {
    kind: "later",
    reason,
    afterMs: 1_000 * Number(/^\d{1,5}$/.exec(headers.get("retry-after") ?? "")?.[0] ?? 0),
  };
}

/** Whoever answers something else is no collector, and has the spans for nothing. */
function takenOf(body: Uint8Array | undefined): SendResult {
  try {
    if (body === undefined) throw new RangeError("too long");
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(body);
    return { kind: "taken", rejected: Number(partialSuccess?.rejectedSpans ?? 0) };
  } catch {
    return { kind: "refused", reason: "what answers speaks no OTLP: its answer cannot be read" };
  }
}
