import type { SocketHandler } from "bun";
import { parseRequest, parseRequestHead, type RawRequest } from "./messages.ts";
import { freePort } from "./ports.ts";
import { RawSocket, type WaitOptions } from "./socket.ts";
import { until } from "./until.ts";

/** Answers one request; what it does not do does not happen. Ready-made ones are in scripts.ts. */
export type Script = (request: RawRequest, connection: UpstreamConnection) => void | Promise<void>;

export interface UpstreamOptions {
  /**
   * Call the script as soon as the head is there, with an empty body. Head and body stay in the connection's inbox
   * until the body is complete; then the next request is read. After `connection.inbox.discard()` there is none.
   */
  readonly atHead?: boolean;
  /** Stay open when the gateway has ended its half; otherwise the connection is closed then. */
  readonly halfOpen?: boolean;
  /** Called when a connection opens; for upstreams that speak first, pause, or close at once. */
  readonly onOpen?: (connection: UpstreamConnection) => void;
  /** Serve TLS: what Bun.listen takes. */
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly requestCert?: boolean;
    readonly rejectUnauthorized?: boolean;
  };
  /** Listen on this Unix socket instead of a port. */
  readonly unix?: string;
  /** Listen on this port instead of a free one: for upstreams that come back. */
  readonly port?: number;
}

/** One connection to the scripted upstream. */
export class UpstreamConnection extends RawSocket {
  /** The requests that it brought. */
  readonly requests: RawRequest[] = [];
  /** Set it to parse no more requests: after a 101, or for a script that reads the inbox itself. */
  isRaw = false;
  /** The script has been called at the head, and the body is still coming. */
  isInBody = false;
  /** Which connection this is, from 0, in order of opening. */
  readonly index: number;

  constructor(wire: ConstructorParameters<typeof RawSocket>[0], index: number) {
    super(wire);
    this.index = index;
  }
}

/** A lenient raw HTTP/1.1 upstream on a port of its own, which records all and answers what its script sends. */
export interface Upstream extends Disposable {
  readonly port: number;
  /** http://127.0.0.1:PORT, https with TLS, unix:PATH on a Unix socket. */
  readonly url: string;
  /** All requests of all connections, in order of arrival. */
  readonly requests: readonly RawRequest[];
  /** All connections ever opened. */
  readonly connections: readonly UpstreamConnection[];
  /** Connections that are open now. */
  readonly open: number;
  /** Replaces the script for the requests to come. */
  answer(script: Script): void;
  /** Resolves with the requests when at least so many have come. */
  waitForRequests(count: number, options?: WaitOptions): Promise<readonly RawRequest[]>;
  /** Resolves when at least so many connections have been opened. */
  waitForConnections(count: number, options?: WaitOptions): Promise<readonly UpstreamConnection[]>;
  /** Resolves when no connection is open. */
  waitForClosed(options?: WaitOptions): Promise<void>;
  /** Stops listening and closes all connections. */
  stop(): void;
}

/** Starts an upstream on 127.0.0.1. A script that throws closes the connection and fails the next wait. */
export function startUpstream(script: Script, options: UpstreamOptions = {}): Upstream {
  const recorder = new Recorder(script, options);
  const common = {
    allowHalfOpen: options.halfOpen ?? false,
    socket: handlersOf(recorder),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
  };
  if (options.unix !== undefined) {
    const server = Bun.listen({ ...common, unix: options.unix });
    return upstreamOf(recorder, 0, `unix:${options.unix}`, () => server.stop(true));
  }
  const server = Bun.listen({ ...common, hostname: "127.0.0.1", port: options.port ?? freePort() });
  const scheme = options.tls === undefined ? "http" : "https";
  return upstreamOf(recorder, server.port, `${scheme}://127.0.0.1:${server.port}`, () => server.stop(true));
}

function handlersOf(recorder: Recorder): SocketHandler<UpstreamConnection> {
  return {
    open: (socket) => {
      socket.data = recorder.opened(socket);
    },
    data: (socket, chunk) => recorder.received(socket.data, chunk),
    drain: (socket) => socket.data.flush(),
    end: (socket) => socket.data.ended("end", false),
    close: (socket, error) => recorder.closed(socket.data, error),
    // A handshake that fails is reported for a socket that was never opened.
    error: (socket, error) => socket.data?.ended(codeOf(error) ?? "error", true),
  };
}

function upstreamOf(recorder: Recorder, port: number, url: string, stop: () => void): Upstream {
  return {
    port,
    url,
    requests: recorder.requests,
    connections: recorder.connections,
    get open() {
      return recorder.open;
    },
    answer: (next) => {
      recorder.script = next;
    },
    waitForRequests: (count, wait) => recorder.waitFor(recorder.requests, count, "requests", wait),
    waitForConnections: (count, wait) => recorder.waitFor(recorder.connections, count, "connections", wait),
    waitForClosed: (wait) => recorder.waitForClosed(wait),
    stop,
    [Symbol.dispose]: stop,
  };
}

class Recorder {
  script: Script;
  readonly requests: RawRequest[] = [];
  readonly connections: UpstreamConnection[] = [];
  open = 0;
  readonly #options: UpstreamOptions;
  #failure: unknown;

  constructor(script: Script, options: UpstreamOptions) {
    this.script = script;
    this.#options = options;
  }

  opened(wire: ConstructorParameters<typeof RawSocket>[0]): UpstreamConnection {
    const connection = new UpstreamConnection(wire, this.connections.length);
    this.open += 1;
    this.connections.push(connection);
    this.#options.onOpen?.(connection);
    return connection;
  }

  received(connection: UpstreamConnection, chunk: Uint8Array): void {
    connection.inbox.add(chunk);
    while (!connection.isRaw && this.#takeRequest(connection));
  }

  #takeRequest(connection: UpstreamConnection): boolean {
    return this.#options.atHead === true ? this.#nextHead(connection) : this.#next(connection);
  }

  closed(connection: UpstreamConnection | undefined, error: unknown): void {
    if (connection === undefined) return;
    this.open -= 1;
    connection.ended(codeOf(error) ?? "closed", true);
  }

  async waitFor<T>(list: readonly T[], count: number, what: string, wait?: WaitOptions): Promise<readonly T[]> {
    const progress = () => `${count} ${what} came; there were ${list.length}`;
    await until(() => this.#checked(list.length >= count), { ...wait, what: progress });
    return list;
  }

  async waitForClosed(wait?: WaitOptions): Promise<void> {
    const what = () => `all connections closed; ${this.open} are open`;
    await until(() => this.#checked(this.open === 0), { ...wait, what });
  }

  /** Whether a whole request was there. */
  #next(connection: UpstreamConnection): boolean {
    const parsed = parseRequest(connection.inbox.rest);
    if (parsed === undefined) return false;
    connection.inbox.skip(parsed.end);
    this.#run(parsed.request, connection);
    return true;
  }

  /** Whether a request is behind us whole; its script was called at its head. */
  #nextHead(connection: UpstreamConnection): boolean {
    if (!connection.isInBody) {
      const head = parseRequestHead(connection.inbox.rest);
      if (head === undefined) return false;
      connection.isInBody = true;
      this.#run(head.request, connection);
    }
    const whole = parseRequest(connection.inbox.rest);
    if (whole === undefined) return false;
    connection.inbox.skip(whole.end);
    connection.isInBody = false;
    return true;
  }

  #run(request: RawRequest, connection: UpstreamConnection): void {
    connection.requests.push(request);
    this.requests.push(request);
    Promise.try(this.script, request, connection).catch((error: unknown) => {
      this.#failure = error;
      connection.close();
    });
  }

  #checked(answer: boolean): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return answer;
  }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
