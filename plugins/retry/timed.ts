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

/** Gives each try so many ms until the reply's head. A body that is still coming takes its time, and has no such bound. */
export function timed(next: Handler, ms: number): Handler {
  const queue = timeoutQueue(ms);
  return (ctx) => (ctx.request.body.isInMemory ? new TimedTry(ctx).run(next, queue) : next(ctx));
}

class TimedTry implements TimeoutOwner {
  readonly #ctx: Context;
  readonly #fork: Context;
  readonly #timeout = new Timeout(this);

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#fork = ctx.fork();
  }

  async run(next: Handler, queue: TimeoutQueue): Promise<Reply> {
    this.#timeout.set(queue);
    try {
      return await next(this.#fork);
    } finally {
      this.#timeout.clear();
      this.#ctx.join(this.#fork);
    }
  }

  onTimeout(): void {
    this.#fork.abort(new GatewayError("upstream_timeout", { bytesSent: true }));
  }
}
