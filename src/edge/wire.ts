import type { ListenConfig } from "../config/schema.ts";
import type { Edge, EdgeHandler } from "./edge.ts";
import { readServerTls, verifiedCertificate } from "./server-tls.ts";
import { WireConnection } from "./wire-connection.ts";
import type { ListedConnection, WireOwner } from "./wire-owner.ts";
import { type WireSettings, wireSettings } from "./wire-settings.ts";

/** HTTP/1.1 (RFC 9112) on a TCP socket, plain or TLS. Throws if it cannot listen. */
export function listenWire(config: ListenConfig, handler: EdgeHandler): Edge {
  return new WireListener(config, handler);
}

type Socket = Bun.Socket<WireConnection | undefined>;

/** Told before the first byte of a request. */
function onHandshake(socket: Socket): void {
  if (socket.data !== undefined) socket.data.peer.certificate = verifiedCertificate(socket);
}

class WireListener implements Edge, WireOwner {
  readonly host: string;
  readonly port: number;
  readonly settings: WireSettings;
  readonly handler: EdgeHandler;
  isDraining = false;
  readonly #listener: Bun.TCPSocketListener<WireConnection | undefined>;
  readonly #connections = new Set<ListedConnection>();
  #onEmpty: (() => void) | undefined = undefined;

  constructor(config: ListenConfig, handler: EdgeHandler) {
    this.settings = wireSettings(config);
    this.handler = handler;
    const tls = readServerTls(config);
    this.#listener = Bun.listen<WireConnection | undefined>({
      hostname: config.host,
      port: config.port,
      allowHalfOpen: true,
      ...(tls === undefined ? {} : { tls }),
      socket: {
        open: (socket) => this.#open(socket),
        data: (socket, bytes) => socket.data?.onData(bytes),
        drain: (socket) => socket.data?.onDrain(),
        end: (socket) => socket.data?.onEnd(),
        // With this handler a TLS connection opens, and its time for a first head begins, before its handshake.
        ...(tls === undefined ? {} : { handshake: onHandshake }),
        close: (socket, error) => socket.data?.onClose(error),
        error: (socket, error) => socket.data?.onError(error),
      },
    });
    this.host = config.host;
    this.port = this.#listener.port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  onClosed(connection: ListedConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  async stop(drainMs: number): Promise<void> {
    this.isDraining = true;
    this.#listener.stop(false);
    for (const connection of this.#connections) connection.drain();
    if (this.#connections.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.abort();
    }, drainMs);
    await promise;
    clearTimeout(timer);
  }

  #open(socket: Socket): void {
    if (this.#connections.size >= this.settings.maxConnections) {
      socket.terminate();
      return;
    }
    const connection = new WireConnection(this, socket);
    socket.data = connection;
    this.#connections.add(connection);
  }
}
