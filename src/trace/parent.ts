/** The span that a request belongs to, as its sender tells. */
export interface Parent {
  /** 32 small hexadecimal digits, not all of them 0. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  /** Whether the trace is recorded; undefined where that is left to whoever gets the request. */
  readonly isSampled: boolean | undefined;
}

const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

/** Ids of only zeros are none. */
export function areIds(traceId: string, spanId: string): boolean {
  return traceId !== NO_TRACE && spanId !== NO_SPAN;
}
