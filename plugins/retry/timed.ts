import {
  type Context,
  GatewayError,
  type Handler,
  type Reply,
  Timeout,
  type TimeoutOwner,
  type TimeoutQueue,
  timeoutQueue,
} from "../../src/plugin.ts";
import { Noticed } from "./noticed.ts";

/** Gives each try so many ms until the reply's head. A body that is still coming takes its time: they begin at its end. */
export function timed(next: Handler, ms: number): Handler {
  const queue = timeoutQueue(ms);
  return (ctx) => new TimedTry(ctx, queue).run(next);
}

class TimedTry implements TimeoutOwner {
  readonly #ctx: Context;
  readonly #fork: Context;
  readonly #queue: TimeoutQueue;
  readonly #timeout = new Timeout(this);
  #isOver = false;

  constructor(ctx: Context, queue: TimeoutQueue) {
    this.#ctx = ctx;
    this.#fork = ctx.fork();
    this.#queue = queue;
  }

  async run(next: Handler): Promise<Reply> {
    this.#begin();
    try {
      return await next(this.#fork);
    } finally {
      this.#isOver = true;
      this.#timeout.clear();
      this.#ctx.join(this.#fork);
    }
  }

  onTimeout(): void {
    this.#fork.abort(new GatewayError("upstream_timeout", { bytesSent: true }));
  }

  #begin(): void {
    const { request } = this.#ctx;
    if (request.body.isInMemory) this.#timeout.set(this.#queue);
    else request.body = request.body.through((source) => new Noticed(source, () => this.#onBodyEnd()));
  }

  /** It may come behind the reply. */
  #onBodyEnd(): void {
    if (!this.#isOver) this.#timeout.set(this.#queue);
  }
}
