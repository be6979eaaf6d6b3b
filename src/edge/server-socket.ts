import type { SocketEvents, TunnelSocket } from "../message/tunnel.ts";

/** What Bun gives of a connection that the gateway has opened to its own server. */
export interface OpenSocket extends TunnelSocket {
  readonly localPort: number;
}

/** A connection to the gateway's own server. It is used at once, and takes nothing until it is open. */
export class ServerSocket implements TunnelSocket {
  events: SocketEvents | undefined = undefined;
  #socket: OpenSocket | undefined = undefined;
  #isGone = false;
  /** The gateway's end of it, as long as it lasts. */
  #port: number | undefined = undefined;

  get port(): number | undefined {
    return this.#port;
  }

  open(socket: OpenSocket): void {
    if (this.#isGone) return socket.terminate();
    this.#socket = socket;
    this.#port = socket.localPort;
    this.events?.onDrain();
  }

  write(data: Uint8Array): number {
    if (this.#isGone) return -1;
    return this.#socket?.write(data) ?? 0;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  shutdown(): void {
    if (this.#socket === undefined) return this.terminate();
    this.#socket.shutdown();
  }

  terminate(): void {
    if (this.#isGone) return;
    if (this.#socket === undefined) return this.close(undefined);
    this.#socket.terminate();
  }

  /** It has closed, or could not be opened. */
  close(cause: Error | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.events?.onClose(cause);
  }
}
