import { GatewayError } from "../errors.ts";
import type { EdgeHandler } from "./edge.ts";
import { Http2Connection } from "./http2-connection.ts";
import { type Served, serveHttp2 } from "./serve.ts";
import { answerRequest, type ServeOwner } from "./serve-exchange.ts";
import type { ServerSocket } from "./server-socket.ts";
import type { ClientSocket, WireOwner } from "./wire-owner.ts";
import type { WirePeer } from "./wire-request.ts";
import type { WireSettings } from "./wire-settings.ts";

/**
 * The HTTP/2 of a listener (RFC 9113): Bun's server, on a port of the loopback interface, behind the listener's own
 * sockets. So the listener has the connections: their TLS, their client, their number, how long they may be idle.
 */
export class Http2Server implements ServeOwner {
  settings: WireSettings;
  readonly handler: EdgeHandler;
  readonly version = "2";
  readonly canReset = true;
  readonly #onRequest: () => void;
  readonly #server: Served;
  /** By the port that each connection to the server comes from. */
  readonly #connections = new Map<number, Http2Connection>();

  constructor(settings: WireSettings, handler: EdgeHandler, onRequest: () => void) {
    this.settings = settings;
    this.handler = handler;
    this.#onRequest = onRequest;
    this.#server = serveHttp2((request) => this.#answer(request));
  }

  /** The port that nobody else is answered on. */
  get port(): number {
    return this.#server.port;
  }

  onRequest(): void {
    this.#onRequest();
  }

  /** Takes over a client's connection. */
  accept(owner: WireOwner, client: ClientSocket, peer: WirePeer): Http2Connection {
    const connection = new Http2Connection(owner, client, peer);
    this.#connect(connection).catch((cause: unknown) => {
      this.handler.refuse(new GatewayError("internal", { cause }), peer.address);
      connection.server.close(undefined);
    });
    return connection;
  }

  stop(isNow: boolean): Promise<void> {
    return this.#server.stop(isNow);
  }

  async #connect(connection: Http2Connection): Promise<void> {
    const { server } = connection;
    await Bun.connect<ServerSocket>({
      hostname: "127.0.0.1",
      port: this.#server.port,
      allowHalfOpen: true,
      data: server,
      socket: {
        open: (socket) => {
          this.#connections.set(socket.localPort, connection);
          socket.data.open(socket);
        },
        data: (socket, bytes) => socket.data.events?.onData(bytes),
        drain: (socket) => socket.data.events?.onDrain(),
        end: (socket) => socket.data.events?.onEnd(),
        close: (socket, error) => {
          this.#forget(connection);
          socket.data.close(error);
        },
        error: (socket, error) => socket.data.close(error),
      },
    });
  }

  #forget(connection: Http2Connection): void {
    const { port } = connection.server;
    if (port !== undefined && this.#connections.get(port) === connection) this.#connections.delete(port);
  }

  #answer(request: Request): Response | Promise<Response> {
    const port = this.#server.peerOf(request)?.port;
    const connection = port === undefined ? undefined : this.#connections.get(port);
    // Another program of this machine: it has not come by the listener, with its limits and its TLS.
    if (connection === undefined) return new Response(null, { status: 403 });
    connection.begin();
    connection.peer = connection.peer.by(this.settings);
    return answerRequest(this, request, connection.peer, connection.end);
  }
}
