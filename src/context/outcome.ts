import type { ErrorCode, ErrorSource } from "../errors.ts";

/** How a request ended; what `log` plugins are told after the last byte. */
export interface Outcome {
  /** Sent to the client; 499 if it left before there was a reply. */
  readonly status: number;
  /** Bytes of the request's body as received, and of the reply's body as sent; of a tunnel those each way. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** From the request's head to the last byte sent, in ms. */
  readonly durationMs: number;
  /** From the first attempt to the upstream's reply head, in ms; undefined if no attempt was made. */
  readonly upstreamMs: number | undefined;
  /** Attempts sent to an upstream. */
  readonly attempts: number;
  readonly errorCode: ErrorCode | undefined;
  readonly errorSource: ErrorSource | undefined;
}
