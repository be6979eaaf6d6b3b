import type { RawClient } from "./raw.ts";
import { until } from "./until.ts";
import type { Script, UpstreamConnection } from "./upstream.ts";

/** The server's side of a WebSocket echo, on a port of its own. */
export function startEcho(options: { readonly perMessageDeflate?: boolean } = {}) {
  const closes: number[] = [];
  const reasons: string[] = [];
  const sockets = new Set<Bun.ServerWebSocket<unknown>>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 255,
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("no WebSocket", { status: 401 })),
    websocket: {
      perMessageDeflate: options.perMessageDeflate ?? false,
      maxPayloadLength: 32 * 1_048_576,
      backpressureLimit: 64 * 1_048_576,
      open: (socket) => void sockets.add(socket),
      message: (socket, message) => void socket.send(message, true),
      close: (socket, code, reason) => {
        sockets.delete(socket);
        closes.push(code);
        reasons.push(reason);
      },
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    sockets,
    /** Codes of the connections that have ended, in that order. */
    closes,
    /** And their reasons. */
    reasons,
    waitForCloses: (count: number) => until(() => closes.length >= count),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** Opens a WebSocket, over TLS if it is told whom to trust; rejects if the handshake fails. */
export async function openWebSocket(port: number, path = "/ws", tls?: { readonly ca: string }): Promise<WebSocket> {
  const socket =
    tls === undefined
      ? new WebSocket(`ws://127.0.0.1:${port}${path}`)
      : new WebSocket(`wss://127.0.0.1:${port}${path}`, { tls });
  socket.binaryType = "arraybuffer";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve());
  socket.addEventListener("error", () => reject(new Error("the handshake failed")));
  await promise;
  return socket;
}

/** The next message. */
export function nextMessage(socket: WebSocket): Promise<unknown> {
  return new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(data), { once: true }));
}

/** How the connection has ended. */
export function closed(socket: WebSocket): Promise<CloseEvent> {
  return new Promise((resolve) => socket.addEventListener("close", resolve, { once: true }));
}

/** The code that the connection has ended with. */
export async function closeCode(socket: WebSocket): Promise<number> {
  return (await closed(socket)).code;
}

/** The text of a request that offers protocols. */
export function upgradeRequest(protocol = "websocket", { path = "/ws", method = "GET", version = "1.1" } = {}): string {
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
  return `${method} ${path} HTTP/${version}\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${key}\r\n`;
}

/** The text of a 101. */
export function switching(protocol = "websocket"): string {
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Accept: x\r\n\r\n`;
}

/** Switches, and hands over the connection: what comes on it from then on is no request. */
export function switches(protocol?: string, behind = ""): Script {
  return (_, connection) => {
    connection.isRaw = true;
    return connection.send(switching(protocol) + behind);
  };
}

/** Opens a tunnel by hand; resolves when the client has the 101. */
export async function openTunnel(client: RawClient, protocol?: string, path?: string): Promise<string> {
  void client.send(upgradeRequest(protocol, path === undefined ? {} : { path }));
  return await client.readUntil("\r\n\r\n");
}

/** The latest connection of an upstream. */
export function latest({ connections }: { readonly connections: readonly UpstreamConnection[] }): UpstreamConnection {
  const connection = connections.at(-1);
  if (connection === undefined) throw new Error("no connection has come");
  return connection;
}
