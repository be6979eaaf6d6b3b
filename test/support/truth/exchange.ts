import type { ErrorCode } from "../../../src/errors.ts";
import type { RawResponse } from "../messages.ts";

/** At least so many, at most so many: what left a socket need not have arrived. */
export type Bytes = readonly [least: number, most: number];

/** What the two ends of the wire have seen of one request: every view of the gateway has to agree with it. */
export interface Exchange {
  /** Sent as its User-Agent. */
  readonly id: string;
  /** What the test did. */
  readonly kind: string;
  readonly method: string;
  readonly path: string;
  /** Name of the route; empty where none takes it. */
  readonly route: string;
  /** Its service, also if nothing was sent to it; empty where it has none. */
  readonly service: string;
  /** What was sent to the client; 499 if it left before. */
  readonly status: number;
  readonly code: ErrorCode | undefined;
  /** Attempts; undefined where only the gateway knows how many there were. */
  readonly attempts: number | undefined;
  /** Attempts among them that the gateway made by itself, on a connection that had been closed. */
  readonly repeats: number;
  /** Further attempts in its trace that are not its own: a copy, or what the cache asks for later. */
  readonly besides: number;
  /** Other services that were asked before, and have answered. */
  readonly earlier: readonly string[];
  /** Codes of the attempts that failed, in any order. */
  readonly failures: readonly ErrorCode[];
  /** Reply heads that services have sent. */
  readonly heads: number;
  readonly bytesIn: Bytes;
  readonly bytesOut: Bytes;
  /** The reply's head, if the client has it. */
  readonly reply: RawResponse | undefined;
  readonly cache: "hit" | "stale" | "collapsed" | undefined;
  /** It is about the gateway itself: no plugin sees it. */
  readonly isBare: boolean;
  /** Headers by which the gateway decides, for `explain`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A message that is no proper request. */
export interface Refusal {
  readonly requestId: string;
  readonly code: ErrorCode;
  readonly status: number;
}

export function exactly(bytes: number): Bytes {
  return [bytes, bytes];
}
