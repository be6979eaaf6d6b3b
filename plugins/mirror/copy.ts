import {
  type Context,
  GatewayError,
  type Handler,
  type Reply,
  Timeout,
  type TimeoutOwner,
  type TimeoutQueue,
} from "../../src/plugin.ts";
import { Drain } from "./drain.ts";

/** How a copy has ended; a reply of any status is a good end. */
export type OnCopyEnd = (error: GatewayError | undefined) => void;

/** One copy on its way, from its start to the end of the reply that nobody reads. */
export class Copy implements TimeoutOwner {
  readonly #ctx: Context;
  readonly #onEnd: OnCopyEnd;
  readonly #timeout = new Timeout(this);
  #drain: Drain | undefined;
  #isOver = false;

  constructor(ctx: Context, onEnd: OnCopyEnd) {
    this.#ctx = ctx;
    this.#onEnd = onEnd;
  }

  send(toService: Handler, timeout: TimeoutQueue): void {
    this.#timeout.set(timeout);
    Promise.try(toService, this.#ctx).then(
      (reply) => this.#onReply(reply),
      (error: unknown) => this.#finish(GatewayError.from(error)),
    );
  }

  onTimeout(): void {
    const error = new GatewayError("upstream_timeout", { bytesSent: true });
    // Before the reply's head, and after it.
    this.#ctx.abort(error);
    this.#drain?.cancel(error);
    this.#finish(error);
  }

  #onReply(reply: Reply): void {
    if (this.#isOver) return reply.discard();
    this.#drain = new Drain(reply.body, (error) => this.#finish(error));
    this.#drain.start();
  }

  #finish(error: GatewayError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timeout.clear();
    this.#onEnd(error);
  }
}
