import type { Downstream } from "../context/hooks.ts";
import { Context } from "../context.ts";
import { GatewayError, systemCode } from "../errors.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { MessageWriter, type WriterOwner } from "../http1/writer.ts";
import type { Body } from "../message/body.ts";
import type { HeaderList } from "../message/headers.ts";
import type { Reply } from "../message/reply.ts";
import type { Upgraded } from "../message/tunnel.ts";
import { Timeout, type TimeoutOwner } from "../timeouts.ts";
import { Answering, type AnsweringOwner } from "./answering.ts";
import { BodyPace } from "./body-pace.ts";
import { HalfClose, type HalfCloseOwner } from "./half-close.ts";
import { outcomeOf, replyFraming, sendRefusal, sendReply } from "./reply.ts";
import { CONTINUE, connectionField, interimHead } from "./reply-head.ts";
import { RequestReader, type RequestReaderOwner } from "./request-reader.ts";
import { openTunnel } from "./tunnel.ts";
import type { ClientSocket, WireOwner } from "./wire-owner.ts";
import { isExpecting, isPersistent, toRequest, WirePeer } from "./wire-request.ts";
import { graceQueue, LINGER_BYTES, lingerQueue } from "./wire-settings.ts";
import { readOffer } from "./wire-upgrade.ts";

/**
 * One client connection: reads requests, hands them to the handler one at a time, and writes the replies in their
 * order. Requests that come ahead of their turn wait (RFC 9112 §9.3.2).
 */
export class WireConnection
  implements RequestReaderOwner, AnsweringOwner, WriterOwner, TimeoutOwner, Downstream, HalfCloseOwner
{
  peer: WirePeer;
  readonly #owner: WireOwner;
  readonly #socket: ClientSocket;
  readonly #writer = new MessageWriter(this);
  readonly #reader: RequestReader;
  readonly #answering: Answering;
  /** Waiting for a head, then for a body; at the end for the client to close. */
  readonly #reading = new Timeout(this);
  /** Waiting for the client to take bytes. */
  readonly #sending = new Timeout(this);
  readonly #pace: BodyPace;
  readonly #halfClose = new HalfClose(this, this.#writer);
  /** The request under way, until its reply is sent. */
  #ctx: Context | undefined = undefined;
  #reply: Reply | undefined = undefined;
  #minorVersion = 1;
  #isPersistent = true;
  #expectsContinue = false;
  #bytesIn = 0;
  #lingered = 0;
  #state: "open" | "lingering" | "closed" = "open";

  constructor(owner: WireOwner, socket: ClientSocket) {
    this.#owner = owner;
    this.#socket = socket;
    this.peer = new WirePeer(socket.remoteAddress, socket.remotePort, owner.settings);
    this.#pace = new BodyPace(owner.settings.bodyLeastBytes);
    this.#reader = new RequestReader(this, owner.settings);
    this.#answering = new Answering(owner.handler, this, this.peer.address);
    this.#writer.attach(socket);
    this.#reading.set(owner.settings.headerQueue);
  }

  onData(bytes: Buffer): void {
    if (this.#state === "lingering") this.#lingered += bytes.length;
    if (this.#lingered > LINGER_BYTES) this.#cut(GONE);
    if (this.#state === "open") this.#reader.receive(bytes);
  }

  /** The client sends no more. It may still read, so a request that is complete is answered. */
  onEnd(): void {
    this.#isPersistent = false;
    if (this.#ctx === undefined) this.#linger();
    else if (this.#reader.isBodyLeft && this.#reply === undefined) this.#cut(GONE);
    else this.#halfClose.watch();
  }

  onClose(cause: Error | undefined): void {
    this.#end(new GatewayError("client_closed", { cause }));
  }

  /** The connection has failed; or a handler has thrown, which is the gateway's own fault. */
  onError(cause: Error): void {
    if (systemCode(cause) !== undefined) return this.onClose(cause);
    const error = GatewayError.from(cause);
    if (this.#ctx === undefined) this.#owner.handler.refuse(error, this.peer.address);
    this.#cut(error);
  }

  onDrain(): void {
    this.#writer.onDrain();
  }

  drain(): void {
    if (this.#ctx === undefined && !this.#reader.isPartial) this.#reading.set(graceQueue);
  }

  abort(): void {
    this.#cut(new GatewayError("client_closed", { cause: "the gateway stops" }));
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isReady(): boolean {
    return this.#ctx === undefined;
  }

  onPartialHead(): void {
    this.#reading.set(this.#owner.settings.headerQueue);
  }

  onRequest(head: RequestHead, body: Body, bodyBytes: number): void {
    this.#reading.clear();
    this.#expectsContinue = isExpecting(head); // First, for what it refuses is no request.
    this.#owner.requests++;
    this.#minorVersion = head.minorVersion;
    this.#isPersistent =
      isPersistent(head) && !this.#halfClose.isReached && this.#reader.requests < this.#owner.settings.maxRequests;
    this.#bytesIn = bodyBytes;
    this.peer = this.peer.by(this.#owner.settings);
    const ctx = new Context(toRequest(head, body, this.peer, this.peer.settings), performance.now());
    ctx.downstream = this;
    ctx.upgrade = readOffer(head, this.#owner.slots);
    this.#ctx = ctx;
    this.#answering.ask(ctx);
  }

  onBodyBytes(bytes: number): void {
    if (this.#reading.isSet && this.#pace.take(bytes)) this.#reading.set(this.#owner.settings.bodyQueue);
    this.#expectsContinue = false;
  }

  onAhead(): void {
    this.#socket.pause();
  }

  get isReplying(): boolean {
    return this.#reply !== undefined;
  }

  get canInform(): boolean {
    return this.#minorVersion === 1 && this.#reply === undefined && this.#state === "open";
  }

  inform(status: number, reason: string, headers: HeaderList): void {
    if (this.canInform) this.#writer.sendInterim(interimHead(status, reason, headers));
  }

  probe(): void {
    this.#writer.sendInterim(CONTINUE);
  }

  onGone(): void {
    this.#cut(GONE);
  }

  pauseReading(): void {
    this.#reading.clear();
    this.#socket.pause();
  }

  resumeReading(): void {
    if (this.#state !== "open") return;
    this.#socket.resume();
    this.#pace.restart();
    if (this.#reader.isBodyLeft) this.#reading.set(this.#owner.settings.bodyQueue);
  }

  onBodyStart(): void {
    if (this.#expectsContinue && this.#reply === undefined) this.#writer.sendInterim(CONTINUE);
    this.#expectsContinue = false;
  }

  onBodyReceived(): void {
    this.#reading.clear();
  }

  /** Nobody wants the rest: it is left on the connection, which cannot be used again. */
  onBodyCancel(): void {
    if (this.#state !== "open") return;
    this.#isPersistent = false;
    this.pauseReading();
  }

  onMessageSent(): void {
    const now = performance.now();
    if (this.#ctx !== undefined) this.#finish(this.#ctx, now);
    if (!this.#isPersistent || this.#owner.isDraining) return this.#linger();
    this.#reading.set(this.#owner.settings.keepAliveQueue, now);
    if (this.#reader.isAhead) this.#socket.resume();
    this.#reader.next();
  }

  /** What the client has of the reply is not whole, and must not look it: a FIN would end some bodies properly. */
  onMessageFailed(error: GatewayError): void {
    this.#cut(error);
  }

  onBlocked(isBlocked: boolean): void {
    if (this.#state === "closed") return;
    if (isBlocked) this.#sending.set(this.#owner.settings.sendQueue);
    else this.#sending.clear();
  }

  onTimeout(timeout: Timeout): void {
    if (timeout === this.#sending || this.#state === "lingering") return this.#cut(GONE);
    if (this.#ctx !== undefined) return this.#reader.body?.fail(new GatewayError("request_timeout"));
    if (this.#reader.isPartial) return this.onInvalid(new GatewayError("request_timeout"));
    this.#linger();
  }

  /** The time for the head that is coming was over before this connection had it. */
  expire(): void {
    if (this.#state === "open" && this.#ctx === undefined) this.onTimeout(this.#reading);
  }

  onAnswer(reply: Reply): void {
    const ctx = this.#ctx;
    if (ctx === undefined || this.#reply !== undefined || this.#state !== "open") return reply.discard();
    try {
      this.#send(ctx, reply);
    } catch (cause) {
      ctx.error ??= GatewayError.from(cause);
      this.#cut(ctx.error);
    }
  }

  /** From now on the socket is a tunnel's, and so is the request. */
  #switch(ctx: Context, reply: Reply, upgraded: Upgraded): void {
    this.#state = "closed";
    this.#ctx = undefined;
    this.#halfClose.stop();
    const client = { socket: this.#socket, ahead: this.#reader.takeAhead(), isEnded: this.#halfClose.isReached };
    openTunnel({ owner: this.#owner, ctx, reply, client, upgraded }, this);
  }

  #send(ctx: Context, reply: Reply): void {
    if (reply.upgraded !== undefined) return this.#switch(ctx, reply, reply.upgraded);
    this.#reply = reply;
    if (this.#halfClose.isReached) this.#halfClose.watch();
    const framing = replyFraming(reply, ctx.request.method, this.#minorVersion);
    if (this.#reader.isBodyLeft || framing === "close" || this.#owner.isDraining) this.#isPersistent = false;
    const connection = connectionField(!this.#isPersistent, this.#minorVersion);
    sendReply(this.#writer, reply, ctx.request.method, framing, connection);
  }

  /** A message that is no proper request: it is answered, and nothing after it is looked at. */
  onInvalid(error: GatewayError): void {
    if (this.#ctx !== undefined) return this.#reader.body?.fail(error);
    this.#isPersistent = false;
    this.#state = "lingering";
    const reply = this.#owner.handler.refuse(error, this.peer.address);
    sendRefusal(this.#writer, reply, this.#reader.isForHead ? "HEAD" : "GET");
  }

  /** Sends FIN and waits for the client's: closing with unread bytes would take back what it has not read yet. */
  #linger(): void {
    if (this.#state === "closed") return;
    this.#state = "lingering";
    this.#reading.set(lingerQueue);
    this.#socket.resume();
    this.#socket.end();
  }

  /** Resets the connection. */
  #cut(error: GatewayError): void {
    // First, for it closes before it returns, and that would count as the client's doing.
    this.#end(error);
    this.#socket.terminate();
  }

  /** The connection is gone; so is the request under way. */
  #end(error: GatewayError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#reading.clear();
    this.#sending.clear();
    this.#halfClose.stop();
    const ctx = this.#ctx;
    if (ctx !== undefined && this.#reply === undefined) ctx.abort(error);
    else if (ctx !== undefined) ctx.error ??= error;
    this.#reader.body?.fail(error);
    this.#writer.abandon(error);
    if (ctx !== undefined) this.#finish(ctx, performance.now());
    this.#owner.onClosed(this);
  }

  #finish(ctx: Context, now: number): void {
    const bytesIn = this.#reader.body?.received ?? this.#bytesIn;
    const outcome = outcomeOf(ctx, this.#reply, bytesIn, this.#writer.bodyBytes, now);
    this.#ctx = undefined;
    this.#reader.body = undefined;
    this.#reply = undefined;
    ctx.upgrade?.release();
    this.#owner.handler.finish(ctx, outcome);
  }
}

const GONE = new GatewayError("client_closed");
