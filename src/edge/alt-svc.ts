import type { Outcome } from "../context/outcome.ts";
import type { Context } from "../context.ts";
import type { GatewayError } from "../errors.ts";
import { awaitable } from "../message/pending.ts";
import type { Reply } from "../message/reply.ts";
import type { Awaitable } from "../plugin.ts";
import type { EdgeHandler } from "./edge.ts";

/** A day, in seconds: how long a client may go on to use what it was told (RFC 7838 §3.1). */
const MAX_AGE = 86_400;

/** Tells clients, in replies that say nothing else of it, that HTTP/3 is served too, and where (RFC 7838 §3). */
export class Http3Advertiser implements EdgeHandler {
  readonly #handler: EdgeHandler;
  #value: string | undefined = undefined;

  constructor(handler: EdgeHandler) {
    this.#handler = handler;
  }

  /** Begins to tell; `port` is that of the same host. */
  advertise(port: number): void {
    this.#value = `h3=":${port}"; ma=${MAX_AGE}`;
  }

  handle(ctx: Context): Awaitable<Reply> {
    return this.#whenDone(awaitable(this.#handler.handle(ctx)));
  }

  fail(ctx: Context, error: unknown): Awaitable<Reply> {
    return this.#whenDone(this.#handler.fail(ctx, error));
  }

  finish(ctx: Context, outcome: Outcome): void {
    this.#handler.finish(ctx, outcome);
  }

  refuse(error: GatewayError, peerAddress: string): Reply {
    return this.#tell(this.#handler.refuse(error, peerAddress));
  }

  #whenDone(reply: Awaitable<Reply>): Awaitable<Reply> {
    return reply instanceof Promise ? reply.then(this.#tell) : this.#tell(reply);
  }

  readonly #tell = (reply: Reply): Reply => {
    if (this.#value !== undefined && !reply.headers.has("alt-svc")) reply.headers.set("alt-svc", this.#value);
    return reply;
  };
}
