import { GatewayError } from "../errors.ts";
import type { SocketEvents, TunnelSocket, Upgraded } from "../message/tunnel.ts";
import { Timeout, type TimeoutOwner, type TimeoutQueue } from "../timeouts.ts";
import type { ConnectionEvents } from "./connection-events.ts";

/** The connection as its pool knows it; it is told when the socket is gone. */
export interface UpgradedOwner {
  close(error: GatewayError): void;
}

/** A socket whose events can be told to go to another. */
export interface UpgradableSocket extends TunnelSocket {
  readonly data: { handOver(to: ConnectionEvents): void };
}

/** A target's connection after its 101: raw bytes, which wait until a tunnel is there to take them. */
export class UpgradedConnection implements Upgraded, ConnectionEvents, TimeoutOwner {
  readonly protocol: string;
  readonly idleMs: number;
  readonly #owner: UpgradedOwner;
  readonly #socket: UpgradableSocket;
  /** For the tunnel to begin. */
  readonly #wait = new Timeout(this);
  #events: SocketEvents | undefined = undefined;
  #early: Buffer[] = [];
  #isEnded = false;
  #isClosed = false;
  #cause: Error | undefined = undefined;

  /** @param first bytes that came with the 101 */
  constructor(owner: UpgradedOwner, socket: UpgradableSocket, protocol: string, first: Buffer, idle: TimeoutQueue) {
    this.#owner = owner;
    this.#socket = socket;
    this.protocol = protocol;
    this.idleMs = idle.ms;
    if (first.length > 0) this.#early.push(first);
    this.#wait.set(idle);
    socket.pause();
    socket.data.handOver(this);
  }

  start(events: SocketEvents): void {
    this.#wait.clear();
    this.#events = events;
    // First, for what is there already may have to pause it again.
    this.#socket.resume();
    for (const bytes of this.#early.splice(0)) events.onData(bytes);
    if (this.#isEnded) events.onEnd();
    if (this.#isClosed) events.onClose(this.#cause);
  }

  write(bytes: Uint8Array): number {
    return this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  shutdown(): void {
    this.#socket.shutdown();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  onData(bytes: Buffer): void {
    if (this.#events === undefined) this.#early.push(bytes);
    else this.#events.onData(bytes);
  }

  onDrain(): void {
    this.#events?.onDrain();
  }

  onEnd(): void {
    this.#isEnded = true;
    this.#events?.onEnd();
  }

  onClose(cause: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cause = cause;
    this.#wait.clear();
    this.#owner.close(new GatewayError("upstream_reset", { cause }));
    this.#events?.onClose(cause);
  }

  /** A handler has thrown: the gateway's own fault. */
  close(error: GatewayError): void {
    this.#socket.terminate();
    this.onClose(error);
  }

  /** Nobody has started it. */
  onTimeout(): void {
    this.terminate();
  }
}
