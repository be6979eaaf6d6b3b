import type { CertificateInfo } from "../config/certificate.ts";
import type { ListenConfig } from "../config/schema.ts";
import type { Outcome } from "../context/outcome.ts";
import type { Context } from "../context.ts";
import type { GatewayError } from "../errors.ts";
import type { Answer } from "../message/pending.ts";
import type { Reply } from "../message/reply.ts";
import type { Logger } from "../observe/logger.ts";
import type { Awaitable } from "../plugin.ts";

/** What an edge hands requests to. */
export interface EdgeHandler {
  /** Answers a request. A failure is thrown, or rejects. */
  handle(ctx: Context): Answer;
  /** The reply to a failure of `handle`. */
  fail(ctx: Context, error: unknown): Awaitable<Reply>;
  /** Told once a request how it ended, after the last byte. */
  finish(ctx: Context, outcome: Outcome): void;
  /** The reply to what was no proper request, and the place to note it. */
  refuse(error: GatewayError, peerAddress: string): Reply;
}

/** How a port is opened. */
export interface ListenOptions {
  /** Other processes of the gateway listen on it, too (SO_REUSEPORT); alone unless told. */
  readonly isShared?: boolean;
  /** Told of certificates that have changed. */
  readonly log?: Logger;
}

/** A listener at work. */
export interface Edge {
  readonly host: string;
  /** The port in use, also if 0 was asked for. */
  readonly port: number;
  readonly connections: number;
  /** Tunnels, and requests that may become one. */
  readonly tunnels: number;
  /** Requests ever received whose head was in order. */
  readonly requests: number;
  /** What its certificates say, the default first; none if it is plain. */
  readonly certificates: readonly CertificateInfo[];
  /** Connections ever accepted; left out where the edge cannot tell, here and below. */
  readonly accepted?: number;
  /** Connections ever closed at once, because there were too many. */
  readonly refused?: number;
  /**
   * Makes everything ready for another configuration, and changes nothing yet: the function that it answers does, at once.
   * Address and protocols are those that it was opened with. Throws if a file of its certificates cannot be used.
   */
  prepare(config: ListenConfig): () => void;
  /** Stops listening, and nothing else: connections go on as ever until `stop`. */
  shut(): void;
  /** Stops listening, lets requests in flight finish for at most that many ms, then cuts the rest. */
  stop(drainMs: number): Promise<void>;
}
