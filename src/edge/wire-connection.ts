import { Context, type Downstream } from "../context.ts";
import { GatewayError } from "../errors.ts";
import { HeadReader } from "../http1/head-reader.ts";
import { type BodyOwner, IncomingBody } from "../http1/incoming.ts";
import { parseRequestHead, type RequestHead } from "../http1/request-head.ts";
import { MessageWriter, type WritableSocket, type WriterOwner } from "../http1/writer.ts";
import { Body } from "../message/body.ts";
import type { HeaderList } from "../message/headers.ts";
import type { Reply } from "../message/reply.ts";
import { Timeout, type TimeoutOwner, timeoutQueue } from "../timeouts.ts";
import type { EdgeHandler } from "./edge.ts";
import { outcomeOf, replyFraming, sendReply } from "./reply.ts";
import { connectionField, interimHead, replyHead } from "./reply-head.ts";
import {
  bodyFramingOf,
  checkRequest,
  checkStart,
  isExpecting,
  isPersistent,
  refusalOf,
  toRequest,
  WirePeer,
} from "./wire-request.ts";
import type { WireSettings } from "./wire-settings.ts";

/** A socket as this side uses it. */
export interface ClientSocket extends WritableSocket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  pause(): void;
  resume(): void;
  end(): unknown;
  terminate(): void;
}

/** The listener that a connection came in by. */
export interface WireOwner {
  readonly settings: WireSettings;
  readonly handler: EdgeHandler;
  readonly isDraining: boolean;
  onClosed(connection: WireConnection): void;
}

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
/** A client that has sent FIN is looked after this often. */
const probeQueue = timeoutQueue(250);
/** How long, and for how many bytes, a connection that ends waits for the client to end it too (RFC 9112 §9.6). */
const lingerQueue = timeoutQueue(2_000);
const LINGER_BYTES = 16 * 1_048_576;

/**
 * One client connection: reads requests, hands them to the handler one at a time, and writes the replies in their
 * order. Requests that come ahead of their turn wait (RFC 9112 §9.3.2).
 */
export class WireConnection implements BodyOwner, WriterOwner, TimeoutOwner, Downstream {
  readonly #owner: WireOwner;
  readonly #settings: WireSettings;
  readonly #socket: ClientSocket;
  readonly #peer: WirePeer;
  readonly #writer = new MessageWriter(this);
  readonly #head: HeadReader;
  /** Waiting for a head, then for a body; at the end for the client to close. */
  readonly #reading = new Timeout(this);
  /** Waiting for the client to take bytes. */
  readonly #sending = new Timeout(this);
  /** The client has sent FIN: is it still there? */
  readonly #probing = new Timeout(this);
  /** The request under way, until its reply is sent. */
  #ctx: Context | undefined = undefined;
  #body: IncomingBody | undefined = undefined;
  #reply: Reply | undefined = undefined;
  /** Bytes of the requests after it. */
  #ahead: Buffer | undefined = undefined;
  #minorVersion = 1;
  #isPersistent = true;
  #expectsContinue = false;
  #bytesIn = 0;
  #isHalfClosed = false;
  #seenBytes = -1;
  #lingered = 0;
  #state: "open" | "lingering" | "closed" = "open";

  constructor(owner: WireOwner, socket: ClientSocket) {
    this.#owner = owner;
    this.#settings = owner.settings;
    this.#socket = socket;
    this.#peer = new WirePeer(socket.remoteAddress, socket.remotePort, owner.settings);
    this.#head = new HeadReader(owner.settings.head.headerBytes, checkStart);
    this.#writer.attach(socket);
    this.#reading.set(owner.settings.headerQueue);
  }

  onData(bytes: Buffer): void {
    if (this.#state === "lingering") this.#lingered += bytes.length;
    if (this.#lingered > LINGER_BYTES) this.#cut(GONE);
    if (this.#state === "open") this.#receive(bytes, 0);
  }

  /** The client sends no more. It may still read, so a request that is complete is answered. */
  onEnd(): void {
    this.#isHalfClosed = true;
    this.#isPersistent = false;
    if (this.#ctx === undefined) this.#linger();
    else if (this.#body?.isReceived === false) this.#cut(GONE);
    else this.#probing.set(probeQueue);
  }

  onClose(cause: Error | undefined): void {
    this.#end(new GatewayError("client_closed", { cause }));
  }

  onDrain(): void {
    this.#writer.onDrain();
  }

  /** The gateway stops: an idle connection ends now, another after its reply. */
  drain(): void {
    if (this.#ctx === undefined) this.#linger();
  }

  /** Time is up: the connection ends now, whatever runs on it. */
  abort(): void {
    this.#cut(new GatewayError("client_closed", { cause: "the gateway stops" }));
  }

  inform(status: number, reason: string, headers: HeaderList): void {
    const canSend = this.#minorVersion === 1 && this.#reply === undefined && this.#state === "open";
    if (canSend) this.#writer.sendInterim(interimHead(status, reason, headers));
  }

  pauseReading(): void {
    this.#reading.clear();
    this.#socket.pause();
  }

  resumeReading(): void {
    if (this.#state !== "open") return;
    this.#socket.resume();
    if (this.#body !== undefined) this.#reading.set(this.#settings.bodyQueue);
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
    this.#isPersistent = false;
    this.pauseReading();
  }

  onMessageSent(): void {
    const now = performance.now();
    if (this.#ctx !== undefined) this.#finish(this.#ctx, now);
    if (!this.#isPersistent) return this.#linger();
    this.#reading.set(this.#settings.keepAliveQueue, now);
    const ahead = this.#ahead;
    if (ahead === undefined) return;
    this.#ahead = undefined;
    this.#socket.resume();
    this.#receive(ahead, 0);
  }

  /** What the client has of the reply is not whole, and must not look it: a FIN would end some bodies properly. */
  onMessageFailed(error: GatewayError): void {
    this.#cut(error);
  }

  onBlocked(isBlocked: boolean): void {
    if (this.#state === "closed") return;
    if (isBlocked) this.#sending.set(this.#settings.sendQueue);
    else this.#sending.clear();
  }

  onTimeout(timeout: Timeout): void {
    if (timeout === this.#sending) return this.#cut(GONE);
    if (timeout === this.#probing) return this.#probe();
    if (this.#state === "lingering") return this.#cut(GONE);
    if (this.#body !== undefined) return this.#body.fail(new GatewayError("request_timeout"));
    if (this.#head.isPartial) return this.#refuse(new GatewayError("request_timeout"));
    this.#linger();
  }

  #receive(bytes: Buffer, from: number): void {
    let at = from;
    try {
      while (at < bytes.length && this.#state === "open") {
        if (this.#body !== undefined && !this.#body.isReceived) at = this.#receiveBody(this.#body, bytes, at);
        else if (this.#ctx !== undefined) return this.#wait(bytes.subarray(at));
        else if (bytes[at] === 13 && bytes[at + 1] === 10 && !this.#head.isPartial) at += 2;
        else at = this.#receiveHead(bytes, at);
      }
    } catch (error) {
      this.#refuse(refusalOf(error));
    }
  }

  #receiveBody(body: IncomingBody, bytes: Buffer, at: number): number {
    if (this.#reading.isSet) this.#reading.set(this.#settings.bodyQueue);
    this.#expectsContinue = false;
    return body.feed(bytes, at);
  }

  /** Requests ahead of their turn: no more is read until it comes. */
  #wait(bytes: Buffer): void {
    this.#ahead = this.#ahead === undefined ? bytes : Buffer.concat([this.#ahead, bytes]);
    this.#socket.pause();
  }

  #receiveHead(bytes: Buffer, at: number): number {
    const isNew = !this.#head.isPartial;
    const end = this.#head.read(bytes, at);
    if (end !== -1) return this.#dispatch(parseRequestHead(this.#head.text, this.#settings.head), bytes, end);
    if (isNew) this.#reading.set(this.#settings.headerQueue);
    return bytes.length;
  }

  #dispatch(head: RequestHead, bytes: Buffer, at: number): number {
    this.#reading.clear();
    checkRequest(head, this.#settings.bodyBytes);
    this.#minorVersion = head.minorVersion;
    this.#isPersistent = isPersistent(head) && !this.#isHalfClosed;
    this.#expectsContinue = isExpecting(head);
    const framing = bodyFramingOf(head);
    // A body that has come with its head is bytes in memory; the rest of another comes through its source.
    const isWhole = typeof framing === "number" && framing <= bytes.length - at;
    const end = isWhole ? at + framing : at;
    this.#bytesIn = end - at;
    this.#body = isWhole ? undefined : new IncomingBody(framing, this, this.#settings.bodyBytes);
    const body = this.#body === undefined ? bodyOf(bytes, at, end) : Body.from(this.#body);
    const request = toRequest(head, body, this.#peer, this.#settings);
    const ctx = new Context(request, performance.now());
    ctx.downstream = this;
    this.#ctx = ctx;
    this.#reply = undefined;
    const reply = this.#owner.handler.handle(ctx);
    if (reply instanceof Promise) reply.then(this.#onReply, this.#onBroken);
    else queueMicrotask(() => this.#onReply(reply));
    return end;
  }

  readonly #onReply = (reply: Reply): void => {
    const ctx = this.#ctx;
    if (ctx === undefined || this.#reply !== undefined || this.#state !== "open") return reply.discard();
    this.#send(ctx, reply);
  };

  readonly #onBroken = (cause: unknown): void => {
    const error = GatewayError.from(cause);
    if (this.#ctx !== undefined) this.#ctx.error ??= error;
    this.#onReply(this.#owner.handler.refuse(error, this.#peer.address));
  };

  #send(ctx: Context, reply: Reply): void {
    this.#reply = reply;
    if (this.#isHalfClosed) this.#probing.set(probeQueue);
    const framing = replyFraming(reply, ctx.request.method, this.#minorVersion);
    const isBodyLeft = this.#body !== undefined && !this.#body.isReceived;
    if (isBodyLeft || framing === "close" || this.#owner.isDraining) this.#isPersistent = false;
    const connection = connectionField(!this.#isPersistent, this.#minorVersion);
    sendReply(this.#writer, reply, replyHead(reply, framing, ctx.request.method) + connection, framing);
  }

  /** A message that is no proper request: it is answered, and nothing after it is looked at. */
  #refuse(error: GatewayError): void {
    if (this.#ctx !== undefined) return this.#body?.fail(error);
    this.#isPersistent = false;
    this.#state = "lingering";
    const reply = this.#owner.handler.refuse(error, this.#peer.address);
    const head = replyHead(reply, "length", "GET") + connectionField(true, 1);
    this.#writer.sendWhole(head, reply.body.inMemory, "length");
  }

  /**
   * A client that has sent FIN may be reading still, or be gone; only writing tells. Before the reply it gets an interim
   * response, which a client that is gone answers with RST. A reply that stands still for want of bytes is given up.
   */
  #probe(): void {
    if (this.#reply === undefined) {
      if (this.#minorVersion === 1) this.#writer.sendInterim(CONTINUE);
      return;
    }
    const { bodyBytes, isBlocked } = this.#writer;
    if (!isBlocked && bodyBytes === this.#seenBytes) return this.#cut(GONE);
    this.#seenBytes = bodyBytes;
    this.#probing.set(probeQueue);
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
    this.#socket.terminate();
    this.#end(error);
  }

  /** The connection is gone; so is the request under way. */
  #end(error: GatewayError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#reading.clear();
    this.#sending.clear();
    this.#probing.clear();
    const ctx = this.#ctx;
    if (ctx !== undefined && this.#reply === undefined) ctx.abort(error);
    else if (ctx !== undefined) ctx.error ??= error;
    this.#body?.fail(error);
    this.#writer.abandon(error);
    if (ctx !== undefined) this.#finish(ctx, performance.now());
    this.#owner.onClosed(this);
  }

  #finish(ctx: Context, now: number): void {
    const bytesIn = this.#body?.received ?? this.#bytesIn;
    const outcome = outcomeOf(ctx, this.#reply, bytesIn, this.#writer.bodyBytes, now);
    this.#ctx = undefined;
    this.#body = undefined;
    this.#reply = undefined;
    this.#owner.handler.finish(ctx, outcome);
  }
}

const GONE = new GatewayError("client_closed");

function bodyOf(bytes: Buffer, start: number, end: number): Body {
  return start === end ? Body.empty : Body.of(bytes.subarray(start, end));
}
