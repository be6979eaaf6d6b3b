import { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { Body } from "../message/body.ts";
import { BytesSource } from "../message/bytes-source.ts";
import type { Reply } from "../message/reply.ts";
import { Answering, type AnsweringOwner } from "./answering.ts";
import type { EdgeHandler } from "./edge.ts";
import { outcomeOf } from "./reply.ts";
import { ReplyStream, type ReplyStreamOwner } from "./reply-stream.ts";
import { ServeBody } from "./serve-body.ts";
import { contentOf, isEventStream, isHeadOnly, isSentWhole, refusalResponse, responseOf } from "./serve-reply.ts";
import { readWebHead } from "./serve-request.ts";
import { checkRequest, isExpecting, refusalOf, toRequest, type WirePeer } from "./wire-request.ts";
import type { WireSettings } from "./wire-settings.ts";

/** The server that requests came in by. */
export interface ServeOwner {
  readonly settings: WireSettings;
  readonly handler: EdgeHandler;
  /** "2" or "3". */
  readonly version: string;
  /** A request has come whose head is in order. */
  onRequest(): void;
  /** Whether a reply that fails is reset, so that it does not look whole; else it is left without an end. */
  readonly canReset: boolean;
}

/** Answers one request of Bun's; never rejects. `onEnd` is called once, when nothing of it is under way any more. */
export function answerRequest(
  owner: ServeOwner,
  request: Request,
  peer: WirePeer,
  onEnd: () => void,
): Response | Promise<Response> {
  try {
    const head = readWebHead(request, owner.settings.head);
    checkRequest(head, owner.settings.bodyBytes);
    isExpecting(head);
    owner.onRequest();
    return new ServeExchange(owner, request, head, peer, onEnd).response;
  } catch (error) {
    const reply = owner.handler.refuse(refusalOf(error), peer.address);
    onEnd();
    return refusalResponse(reply, request.method);
  }
}

/** One request of an HTTP/2 or HTTP/3 client: asks the handler, and follows the reply to its end or the client's. */
class ServeExchange implements AnsweringOwner, ReplyStreamOwner {
  readonly response: Promise<Response>;
  readonly #owner: ServeOwner;
  readonly #ctx: Context;
  readonly #body: ServeBody | undefined;
  readonly #onEnd: () => void;
  readonly #resolve: (response: Response) => void;
  #reply: Reply | undefined = undefined;
  #stream: ReplyStream | undefined = undefined;
  #isFinished = false;

  constructor(owner: ServeOwner, request: Request, head: RequestHead, peer: WirePeer, onEnd: () => void) {
    this.#owner = owner;
    this.#onEnd = onEnd;
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#resolve = resolve;
    const stream = request.body;
    const length = head.framing.contentLength;
    this.#body = stream === null ? undefined : new ServeBody(stream, length, owner.settings);
    const body = this.#body === undefined ? Body.empty : Body.from(this.#body);
    const message = toRequest(head, body, peer, owner.settings, owner.version);
    this.#ctx = new Context(message, performance.now());
    request.signal.addEventListener("abort", () => this.#onGone(), { once: true });
    new Answering(owner.handler, this, peer.address).ask(this.#ctx);
  }

  onAnswer(reply: Reply): void {
    if (this.#isFinished || this.#reply !== undefined) return reply.discard();
    this.#reply = reply;
    try {
      this.#send(reply);
    } catch (cause) {
      this.#break(GatewayError.from(cause));
    }
  }

  onStreamEnd(error: GatewayError | undefined, bytes: number): void {
    if (error !== undefined) this.#ctx.error ??= error;
    this.#finish(bytes);
  }

  #send(reply: Reply): void {
    const { method } = this.#ctx.request;
    const inMemory = contentOf(reply);
    if (isHeadOnly(reply, method)) {
      const response = responseOf(reply, method, undefined);
      if (inMemory === undefined) reply.discard();
      this.#sendWhole(response, 0);
    } else if (inMemory !== undefined && isSentWhole(reply, inMemory)) {
      this.#sendWhole(responseOf(reply, method, inMemory), inMemory.byteLength);
    } else {
      const source = inMemory === undefined ? reply.body.take() : new BytesSource(inMemory);
      // A Content-Length is no help: Bun leaves it out where a stream has more than one piece.
      const canBreakOff = this.#owner.canReset || isEventStream(reply);
      this.#stream = new ReplyStream(source, { sendQueue: this.#owner.settings.sendQueue, canBreakOff }, this);
      this.#resolve(responseOf(reply, method, this.#stream.stream));
    }
  }

  /** Bun tells nobody when bytes in memory have left; they are its own from here on. */
  #sendWhole(response: Response, bytes: number): void {
    this.#resolve(response);
    this.#finish(bytes);
  }

  /** A reply that no response can be made of. */
  #break(error: GatewayError): void {
    const reply = this.#reply;
    this.#ctx.error ??= error;
    this.#reply = this.#owner.handler.refuse(error, this.#ctx.request.peer.address);
    reply?.body.discard(error);
    this.#sendWhole(refusalResponse(this.#reply, this.#ctx.request.method), 0);
  }

  /** The client has reset its stream, or its connection has ended. */
  #onGone(): void {
    if (this.#isFinished) return;
    const error = new GatewayError("client_closed");
    this.#body?.abort(error);
    if (this.#stream !== undefined) return this.#stream.abort(error);
    this.#ctx.abort(error);
    this.#resolve(new Response(null, { status: 499 }));
    this.#finish(0);
  }

  #finish(bytesOut: number): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const bytesIn = this.#body?.received ?? 0;
    const outcome = outcomeOf(this.#ctx, this.#reply, bytesIn, bytesOut, performance.now());
    this.#owner.handler.finish(this.#ctx, outcome);
    this.#onEnd();
  }
}
