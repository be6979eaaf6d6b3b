import type { Context } from "../context.ts";
import { GatewayError } from "../errors.ts";
import { WEBSOCKET } from "../http1/upgrade.ts";
import type { Reply } from "../message/reply.ts";
import type { Upgraded } from "../message/tunnel.ts";
import { Timeout, type TimeoutOwner, type TimeoutQueue, timeoutQueue } from "../timeouts.ts";
import type { EdgeHandler } from "./edge.ts";
import { Flow } from "./flow.ts";
import { outcomeOf } from "./reply.ts";
import { switchingHead } from "./reply-head.ts";
import { TunnelSide } from "./tunnel-side.ts";
import { closeFrame, FrameFollower } from "./websocket.ts";
import type { ClientSocket, ListedConnection, WireOwner } from "./wire-owner.ts";

/** The part of its listener that a tunnel needs. */
export interface TunnelOwner extends Pick<WireOwner, "onUpgraded" | "onClosed"> {
  readonly handler: Pick<EdgeHandler, "finish">;
}

/** The two sides of a tunnel, and how it came about. */
export interface TunnelOptions {
  readonly owner: TunnelOwner;
  readonly ctx: Context;
  /** The 101. */
  readonly reply: Reply;
  readonly client: TunnelClient;
  readonly upgraded: Upgraded;
}

/** A client that has switched. */
export interface TunnelClient {
  readonly socket: ClientSocket;
  /** What it has sent behind its request. */
  readonly ahead: Buffer | undefined;
  /** It has sent FIN already. */
  readonly isEnded: boolean;
}

/** For both sides to take a Close frame and end. */
const closingQueue = timeoutQueue(1_000);

/** Answers the client with the 101 and makes a tunnel of its connection. */
export function openTunnel(options: TunnelOptions, connection: ListedConnection): void {
  const tunnel = new Tunnel(options);
  options.owner.onUpgraded(connection, tunnel);
  tunnel.start(options);
}

/**
 * What a connection becomes when its request has switched to another protocol: the bytes of both sides go to the other
 * as they come. It ends when both sides have ended, or one is gone, or neither has sent a byte for the idle time.
 */
class Tunnel implements ListedConnection, TimeoutOwner {
  readonly #owner: TunnelOwner;
  readonly #ctx: Context;
  readonly #reply: Reply;
  readonly #client: ClientSocket;
  readonly #upgraded: Upgraded;
  readonly #up: Flow;
  readonly #down: Flow;
  readonly #clientSide: TunnelSide;
  readonly #upstreamSide: TunnelSide;
  readonly #timeout = new Timeout(this);
  readonly #idle: TimeoutQueue;
  #isClosing = false;

  constructor({ owner, ctx, reply, client, upgraded }: TunnelOptions) {
    const isWebSocket = upgraded.protocol === WEBSOCKET;
    const framesTo = (isServer: boolean) =>
      isWebSocket ? { follower: new FrameFollower(), closing: () => closeFrame(isServer) } : undefined;
    this.#owner = owner;
    this.#ctx = ctx;
    this.#reply = reply;
    this.#client = client.socket;
    this.#upgraded = upgraded;
    this.#up = new Flow(client.socket, upgraded, framesTo(true));
    this.#down = new Flow(upgraded, client.socket, framesTo(false));
    this.#clientSide = new TunnelSide(this, this.#up, this.#down);
    this.#upstreamSide = new TunnelSide(this, this.#down, this.#up);
    this.#idle = timeoutQueue(upgraded.idleMs);
  }

  start({ reply, client: { socket, ahead, isEnded }, upgraded }: TunnelOptions): void {
    socket.data = this.#clientSide;
    this.onMoved();
    this.#down.send(Buffer.from(switchingHead(reply, upgraded.protocol), "latin1"));
    socket.resume();
    if (ahead !== undefined) this.#clientSide.onData(ahead);
    if (isEnded) this.#clientSide.onEnd();
    upgraded.start(this.#upstreamSide);
  }

  /** A tunnel has until the deadline. */
  drain(): void {}

  abort(): void {
    this.#close(new GatewayError("client_closed", { cause: "the gateway stops" }));
  }

  /** Bytes have moved. */
  onMoved(): void {
    if (!this.#isClosing) this.#timeout.set(this.#idle);
  }

  onTimeout(): void {
    if (this.#isClosing) return this.#cut();
    this.#close(new GatewayError("upstream_timeout", { cause: "the tunnel was idle" }));
  }

  /** One side is gone. That is a proper end if both had said that they are done. */
  onSideClosed(side: TunnelSide, cause: Error | undefined): void {
    if (this.#clientSide.isClosed && this.#upstreamSide.isClosed) return this.#finish();
    if (side.isDone) return;
    const code = side === this.#clientSide ? "client_closed" : "upstream_reset";
    this.#ctx.error ??= cause instanceof GatewayError ? cause : new GatewayError(code, { cause });
    this.#cut();
  }

  /** Says goodbye where the protocol has a way to, and waits a little for it to be heard. */
  #close(error: GatewayError): void {
    this.#isClosing = true;
    this.#ctx.error ??= error;
    if (this.#upgraded.protocol !== WEBSOCKET) return this.#cut();
    this.#timeout.set(closingQueue);
    this.#up.finish();
    this.#down.finish();
  }

  #cut(): void {
    this.#client.terminate();
    this.#upgraded.terminate();
  }

  #finish(): void {
    this.#timeout.clear();
    const ctx = this.#ctx;
    ctx.upgrade?.release();
    const outcome = outcomeOf(ctx, this.#reply, this.#up.bytes, this.#down.bytes, performance.now());
    this.#owner.onClosed(this);
    this.#owner.handler.finish(ctx, outcome);
  }
}
