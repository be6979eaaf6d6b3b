import type { HeaderList } from "../message/headers.ts";
import { areIds, type Parent } from "./parent.ts";

/** What B3 headers say: a span, or without one perhaps whether to record. */
export type B3 = Parent | { readonly isSampled: boolean };

/** openzipkin/b3-propagation, "Single Header": the trace, the span, perhaps what is decided, perhaps the span before. */
const SINGLE = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/;
const TRACE_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/;
const SPAN_ID = /^[0-9a-f]{16}$/;

/** All headers of B3, of both forms. */
export const B3_HEADERS = ["b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"];

/** Reads the headers of either form; the single one goes before the others. Undefined if there is nothing that is valid. */
export function parseB3(headers: HeaderList): B3 | undefined {
  const single = headers.get("b3");
  return (single === undefined ? undefined : parseSingle(single)) ?? parseMulti(headers);
}

function parseSingle(value: string): B3 | undefined {
  if (/^[01d]$/.test(value)) return { isSampled: value !== "0" };
  const [, traceId, spanId = "", state] = SINGLE.exec(value) ?? [];
  return traceId === undefined ? undefined : parentOf(traceId, spanId, decided(state));
}

function parseMulti(headers: HeaderList): B3 | undefined {
  const isSampled = headers.get("x-b3-flags") === "1" ? true : decided(headers.get("x-b3-sampled"));
  const traceId = headers.get("x-b3-traceid") ?? "";
  const spanId = headers.get("x-b3-spanid") ?? "";
  if (TRACE_ID.test(traceId) && SPAN_ID.test(spanId)) return parentOf(traceId, spanId, isSampled);
  return isSampled === undefined ? undefined : { isSampled };
}

/** Debug is recorded in any case; "true" and "false" were written once. */
function decided(state: string | undefined): boolean | undefined {
  switch (state) {
    case "1":
    case "d":
    case "true":
      return true;
    case "0":
    case "false":
      return false;
    default:
      return undefined;
  }
}

/** A trace's id of 64 bits is one of 128 that begins with zeros. */
function parentOf(traceId: string, spanId: string, isSampled: boolean | undefined): Parent | undefined {
  const padded = traceId.padStart(32, "0");
  return areIds(padded, spanId) ? { traceId: padded, spanId, isSampled } : undefined;
}
