import { GatewayError } from "../errors.ts";
import { HeadReader } from "../http1/head-reader.ts";
import { type BodyFraming, type BodyOwner, IncomingBody } from "../http1/incoming.ts";
import { ProtocolError } from "../http1/protocol-error.ts";
import { type ResponseHead, readResponseHead } from "../http1/response-head.ts";
import { offerOf, switchedTo } from "../http1/upgrade.ts";
import { MessageWriter, type WriterOwner } from "../http1/writer.ts";
import { Body } from "../message/body.ts";
import { Reply } from "../message/reply.ts";
import type { TimeoutOwner } from "../timeouts.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import { ConnectionTimeout } from "./connection-timeout.ts";
import type { Exchange, ExchangeHolder } from "./exchange.ts";
import { bodyFraming, checkStart } from "./response-start.ts";
import { sendRequest } from "./send-request.ts";
import { type UpgradableSocket, UpgradedConnection } from "./upgraded.ts";

/** A socket as this side uses it. */
export interface UpstreamSocket extends UpgradableSocket {
  write(data: Uint8Array, offset?: number, length?: number): number;
}

/** Bytes and lines of a response's head. */
const MAX_HEAD_BYTES = 65_536;
const MAX_HEADERS = 256;

/** One open connection to a target. It runs one exchange at a time, and another after a clean end. */
export class UpstreamConnection implements BodyOwner, WriterOwner, TimeoutOwner, ExchangeHolder {
  /** On the clock of `performance.now()`. */
  readonly openedAt: number = performance.now();
  /** Exchanges run so far, the present one included. */
  uses = 0;
  isClosed = false;
  /** Idle beyond what its pool keeps. */
  isSurplus = false;
  /** It has switched to another protocol. */
  isUpgraded = false;

  readonly #owner: ConnectionOwner;
  readonly #socket: UpstreamSocket;
  readonly #timeout: ConnectionTimeout;
  readonly #writer = new MessageWriter(this);
  readonly #head = new HeadReader(MAX_HEAD_BYTES, checkStart);
  /** Until the reply's head is there. */
  #exchange: Exchange | undefined = undefined;
  #body: IncomingBody | undefined = undefined;
  #isBusy = false;
  #isRequestSent = false;
  #isReplyReceived = false;
  #isKeepAlive = true;
  #hasReceived = false;
  #startedAt = 0;
  /** In `run`, so that it is still the time at which that began. */
  #isStarting = false;

  constructor(owner: ConnectionOwner, socket: UpstreamSocket) {
    this.#owner = owner;
    this.#socket = socket;
    this.#timeout = new ConnectionTimeout(owner, this);
    this.#writer.attach(socket);
  }

  /** Sends the exchange's request. The reply's head, or an error, settles the exchange. */
  run(exchange: Exchange, now: number): void {
    exchange.holder = this;
    this.#exchange = exchange;
    this.uses++;
    this.#isBusy = true;
    this.#isRequestSent = false;
    this.#isReplyReceived = false;
    this.#hasReceived = false;
    this.#body = undefined;
    this.#timeout.clear();
    this.#startedAt = now;
    this.#isStarting = true;
    try {
      sendRequest(this.#writer, exchange);
    } catch (cause) {
      this.close(GatewayError.from(cause));
    }
    this.#isStarting = false;
  }

  /** Waits to be used again; a surplus one not for long. */
  idle(isSurplus: boolean, now: number): void {
    this.isSurplus = isSurplus;
    this.#timeout.keep(isSurplus, now);
  }

  /** Ends the connection; whatever runs on it fails with that error. */
  close(error: GatewayError, repeat?: Exchange): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#timeout.clear();
    this.#socket.terminate();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#writer.abandon(error);
    if (this.#body !== undefined && error.source === "upstream") this.#owner.onBroken(error);
    this.#body?.fail(error);
    if (repeat === undefined) exchange?.reject(error);
    this.#owner.onClosed(this, repeat);
  }

  onData(bytes: Buffer): void {
    if (this.isClosed) return;
    this.#hasReceived = true;
    try {
      this.#read(bytes);
    } catch (cause) {
      this.close(new GatewayError("upstream_invalid", { cause, bytesSent: true }));
    }
  }

  /** The target will send no more: the proper end of some bodies, and of the connection in any case. */
  onEnd(): void {
    this.#isKeepAlive = false;
    if (this.#body?.endOfInput() === true) this.#settle(performance.now());
    else this.onClose(undefined);
  }

  onClose(cause: Error | undefined): void {
    if (this.isClosed) return;
    const exchange = this.#exchange;
    const isStale = exchange !== undefined && this.uses > 1 && !this.#hasReceived;
    if (isStale && exchange.mayRepeat(this.#writer.hasSent)) return this.close(STALE, exchange);
    const code = exchange !== undefined && this.#hasReceived ? "upstream_invalid" : "upstream_reset";
    this.close(new GatewayError(code, { cause, bytesSent: this.#writer.hasSent }));
  }

  onDrain(): void {
    this.#writer.onDrain();
  }

  drop(exchange: Exchange): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    this.close(STALE);
  }

  /** The client is slow: its edge limits that. A body that nobody has asked for stays under the idle timeout. */
  pauseReading(): void {
    this.#timeout.reading(this.#body?.isStarted !== true);
    this.#socket.pause();
  }

  resumeReading(): void {
    if (this.isClosed) return;
    this.#socket.resume();
    this.#timeout.reading(true);
  }

  onBodyStart(): void {
    // The bytes come by themselves: there is nothing to ask for.
  }

  onBodyReceived(): void {
    this.#isReplyReceived = true;
  }

  onBodyCancel(error: GatewayError): void {
    this.close(error);
  }

  onMessageSent(): void {
    this.#isRequestSent = true;
    this.#timeout.sent();
    if (this.#exchange === undefined) return;
    const now = this.#isStarting ? this.#startedAt : performance.now();
    this.#timeout.awaitHead(now);
    this.#exchange.startTotal(this.#owner.timeouts.total, now);
  }

  /** The request's body failed on the client's side: what the target has got is no request. */
  onMessageFailed(error: GatewayError): void {
    this.close(error);
  }

  onBlocked(isBlocked: boolean): void {
    if (this.isClosed || this.#isRequestSent) return;
    this.#timeout.blocked(isBlocked);
  }

  onTimeout(): void {
    if (!this.#isBusy) return this.#owner.onIdleTimeout(this);
    this.close(new GatewayError("upstream_timeout", { bytesSent: true }));
  }

  #read(bytes: Buffer): void {
    if (!this.#isBusy) throw new ProtocolError("bytes that nobody asked for");
    let at = 0;
    while (this.#exchange !== undefined) {
      at = this.#head.read(bytes, at);
      if (at === -1) return;
      const head = readResponseHead(this.#head.bytes, this.#head.start, this.#head.end, MAX_HEADERS);
      if (head.status >= 200) return this.#onFinalHead(head, this.#exchange, bytes, at);
      if (head.status === 101) return this.#switch(head, this.#exchange, bytes.subarray(at));
      if (head.status > 100) this.#exchange.ctx.downstream?.inform(head.status, head.reason, head.headers);
    }
    if (this.#body === undefined) throw new ProtocolError("bytes that nobody asked for");
    if (this.#body.isStarted) this.#timeout.progress();
    this.#endOfBody(bytes, this.#body.feed(bytes, at));
  }

  /** The connection leaves HTTP; it stays in use until it is closed. */
  #switch(head: ResponseHead, exchange: Exchange, first: Buffer): void {
    const protocol = switchedTo(head, offerOf(exchange.ctx));
    if (protocol === undefined || !this.#isRequestSent) throw new ProtocolError("an upgrade that nobody asked for");
    const now = performance.now();
    exchange.onReply(now, now - this.#startedAt);
    this.#exchange = undefined;
    this.#timeout.clear();
    this.isUpgraded = true;
    this.#owner.onUpgraded();
    const upgraded = new UpgradedConnection(this, this.#socket, protocol, first, this.#owner.timeouts.idle);
    exchange.resolve(new Reply(101, head.headers, Body.empty, head.reason, upgraded));
  }

  #onFinalHead(head: ResponseHead, exchange: Exchange, bytes: Buffer, at: number): void {
    const { framing } = head;
    const isPersistent = head.minorVersion === 1 || framing.hasKeepAlive;
    this.#isKeepAlive = isPersistent && !framing.hasClose;
    this.#head.release();
    const body = this.#readBody(bodyFraming(head, exchange.ctx.request.method), bytes, at);
    const now = performance.now();
    exchange.onReply(now, now - this.#startedAt);
    this.#exchange = undefined;
    // The connection may be running another exchange before this one's reply is looked at: it has let go of it.
    this.#settle(now);
    exchange.resolve(new Reply(head.status, head.headers, body, head.reason));
  }

  /** A body that has come with its head is bytes in memory; the rest of another comes through its source. */
  #readBody(framing: BodyFraming, bytes: Buffer, at: number): Body {
    if (typeof framing === "number" && framing <= bytes.length - at) {
      this.#isReplyReceived = true;
      if (framing < bytes.length - at) this.#isKeepAlive = false;
      return Body.part(bytes, at, at + framing, "service");
    }
    if (framing === "until-close") this.#isKeepAlive = false;
    this.#timeout.reading(true);
    const body = new IncomingBody(framing, this, Number.POSITIVE_INFINITY);
    this.#body = body;
    if (at < bytes.length && body.feed(bytes, at) < bytes.length) this.#isKeepAlive = false;
    return Body.from(body, "service");
  }

  #endOfBody(bytes: Buffer, end: number): void {
    if (end < bytes.length) this.#isKeepAlive = false;
    if (this.#isReplyReceived) this.#settle(performance.now());
  }

  /** Frees the connection once the reply is complete; a request that is still being sent then ends it. */
  #settle(now: number): void {
    if (!this.#isReplyReceived || !this.#isBusy || this.isClosed) return;
    this.#isBusy = false;
    this.#body = undefined;
    this.#timeout.clear();
    if (this.#isKeepAlive && this.#isRequestSent) this.#owner.onReusable(this, now);
    else this.close(STALE);
  }
}

/** For exchanges that no longer wait for the connection: nobody is told. */
const STALE = new GatewayError("upstream_reset");
