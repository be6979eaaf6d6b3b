import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { Reply } from "../message/reply.ts";
import type { Awaitable } from "../plugin.ts";
import type { EdgeHandler } from "./edge.ts";

/** Whom the replies are for. */
export interface AnsweringOwner {
  /** Told once for each request, but never before `ask` has returned. */
  onAnswer(reply: Reply): void;
}

/**
 * Asks the handler for the replies to a connection's requests, one after the other. A failure is answered too; its
 * functions are made once a connection, not once a request.
 */
export class Answering {
  readonly #handler: EdgeHandler;
  readonly #owner: AnsweringOwner;
  readonly #peerAddress: string;
  #ctx: Context | undefined = undefined;

  constructor(handler: EdgeHandler, owner: AnsweringOwner, peerAddress: string) {
    this.#handler = handler;
    this.#owner = owner;
    this.#peerAddress = peerAddress;
  }

  ask(ctx: Context): void {
    this.#ctx = ctx;
    try {
      this.#expect(this.#handler.handle(ctx), this.#onFailure);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  #expect(reply: Awaitable<Reply>, onError: (error: unknown) => void): void {
    if (reply instanceof Promise) reply.then(this.#onReply, onError);
    else queueMicrotask(() => this.#onReply(reply));
  }

  readonly #onReply = (reply: Reply): void => this.#owner.onAnswer(reply);

  readonly #onFailure = (error: unknown): void => {
    if (this.#ctx === undefined) return;
    try {
      this.#expect(this.#handler.fail(this.#ctx, error), this.#onBroken);
    } catch (broken) {
      this.#onBroken(broken);
    }
  };

  /** Not even the failure could be answered as the route would have it. */
  readonly #onBroken = (cause: unknown): void => {
    const error = GatewayError.from(cause);
    if (this.#ctx !== undefined) this.#ctx.error ??= error;
    this.#onReply(this.#handler.refuse(error, this.#peerAddress));
  };
}
