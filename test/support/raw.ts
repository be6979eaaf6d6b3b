import type { SocketHandler } from "bun";
import { parseResponse, type RawResponse } from "./messages.ts";
import { RawSocket, type WaitOptions } from "./socket.ts";
import { PATIENCE_MS } from "./until.ts";

export interface ConnectOptions {
  readonly host?: string;
  /** Connect to this Unix socket instead of host and port. */
  readonly unix?: string;
  /** Stay open when the other side has ended its half; otherwise the connection is closed then. */
  readonly halfOpen?: boolean;
  /** Speak TLS: what Bun.connect takes; the text of `ca` is trusted. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly serverName?: string };
}

interface Failure extends Error {
  readonly code?: string;
}

export interface ReadResponseOptions extends WaitOptions {
  /** Of the request that is answered; GET unless told. */
  readonly method?: string;
}

/** A raw client: it sends what it is told, and takes its time to read if it is told so. */
export class RawClient extends RawSocket implements Disposable {
  /** Takes one whole response; chunks are joined, a 1xx counts as a response of its own. */
  async readResponse({ method = "GET", timeout = PATIENCE_MS }: ReadResponseOptions = {}): Promise<RawResponse> {
    let found: RawResponse | undefined;
    const find = (all: Buffer, from: number) => {
      const parsed = parseResponse(all.subarray(from), { method, isEnded: this.isEnded });
      found = parsed?.response;
      return parsed === undefined ? -1 : from + parsed.end;
    };
    await this.inbox.take(find, timeout, "a whole response came");
    if (found === undefined) throw new Error("the inbox took a response that was not found");
    return found;
  }

  /** Sends a request and takes its response. */
  async exchange(request: string | Uint8Array, options: ReadResponseOptions = {}): Promise<RawResponse> {
    const isHead = typeof request === "string" && request.startsWith("HEAD ");
    void this.send(request);
    return await this.readResponse(isHead ? { method: "HEAD", ...options } : options);
  }

  [Symbol.dispose](): void {
    if (!this.isClosed) this.close();
  }
}

/** Opens a raw connection to a local port; rejects when it is refused, or when the TLS handshake fails. */
export async function connect(port: number, options: ConnectOptions = {}): Promise<RawClient> {
  const ready = Promise.withResolvers<RawClient>();
  const common = {
    allowHalfOpen: options.halfOpen ?? false,
    socket: handlersOf(ready, options.tls !== undefined),
    ...(options.tls === undefined ? {} : { tls: { rejectUnauthorized: true, ...options.tls } }),
  };
  if (options.unix !== undefined) await Bun.connect({ ...common, unix: options.unix });
  else await Bun.connect({ ...common, hostname: options.host ?? "127.0.0.1", port });
  return await ready.promise;
}

function handlersOf(ready: PromiseWithResolvers<RawClient>, isTls: boolean): SocketHandler<RawClient> {
  const ended = (client: RawClient | undefined, reason: string) => {
    ready.reject(new Error(`the connection ended before it was ready (${reason})`));
    client?.ended(reason, true);
  };
  return {
    open(socket) {
      socket.data = new RawClient(socket);
      if (!isTls) ready.resolve(socket.data);
    },
    handshake(socket, isDone, error) {
      if (isDone) ready.resolve(socket.data);
      else ended(socket.data, error?.message ?? "the handshake failed");
    },
    data: (socket, chunk) => socket.data.inbox.add(chunk),
    drain: (socket) => socket.data.flush(),
    end: (socket) => socket.data.ended("end", false),
    close: (socket, error?: Failure) => ended(socket.data, error?.code ?? "closed"),
    error: (socket, error: Failure) => ended(socket.data, error.code ?? "error"),
  };
}

/** Connects, sends one request, reads its response and closes. */
export async function exchange(
  port: number,
  request: string | Uint8Array,
  options: ConnectOptions & ReadResponseOptions = {},
): Promise<RawResponse> {
  using client = await connect(port, options);
  return await client.exchange(request, options);
}
