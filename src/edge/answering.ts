import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { ReplyReceiver } from "../message/pending.ts";
import { Reply } from "../message/reply.ts";
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
export class Answering implements ReplyReceiver {
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
      const answer = this.#handler.handle(ctx);
      if (answer instanceof Promise) answer.then(this.onReply, this.onFailure);
      else if (answer instanceof Reply) this.#tellLater(answer);
      else answer.deliverTo(this);
    } catch (error) {
      this.onFailure(error);
    }
  }

  #tellLater(reply: Reply): void {
    queueMicrotask(() => this.onReply(reply));
  }

  readonly onReply = (reply: Reply): void => {
    if (this.#ctx !== undefined && !leavesAtOnce(reply)) this.#ctx.repliedAt = performance.now();
    this.#owner.onAnswer(reply);
  };

  readonly onFailure = (error: unknown): void => {
    if (this.#ctx === undefined) return;
    try {
      const reply = this.#handler.fail(this.#ctx, error);
      if (reply instanceof Promise) reply.then(this.onReply, this.#onBroken);
      else this.#tellLater(reply);
    } catch (broken) {
      this.#onBroken(broken);
    }
  };

  /** Not even the failure could be answered as the route would have it. */
  readonly #onBroken = (cause: unknown): void => {
    const error = GatewayError.from(cause);
    if (this.#ctx !== undefined) this.#ctx.error ??= error;
    this.onReply(this.#handler.refuse(error, this.#peerAddress));
  };
}

/** What a socket takes in one write: the reply has left when its request ends. */
const AT_ONCE_BYTES = 65_536;

function leavesAtOnce({ body }: Reply): boolean {
  return body.isInMemory && (body.length ?? 0) <= AT_ONCE_BYTES;
}
