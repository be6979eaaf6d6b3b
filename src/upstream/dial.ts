import { GatewayError, systemCode } from "../errors.ts";
import { Timeout, type TimeoutOwner } from "../timeouts.ts";
import type { TargetAddress } from "./address.ts";
import { UpstreamConnection } from "./connection.ts";
import type { ConnectionEvents } from "./connection-events.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import type { Resolver } from "./resolve.ts";

/** TLS towards a target, read at load. */
export interface UpstreamTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Asked for (SNI) and verified. */
  readonly serverName: string;
  readonly verify: boolean;
}

/** What it takes to connect to a target. */
export interface Dialer {
  readonly address: TargetAddress;
  readonly resolver: Resolver;
  /** Undefined: plain TCP. */
  readonly tls: UpstreamTls | undefined;
}

/** Whoever wanted a connection. Either `onDialed`, or `onDialFailed` and, once the socket is gone, `onDialClosed`. */
export interface DialOwner extends ConnectionOwner {
  onDialed(connection: UpstreamConnection): void;
  onDialFailed(error: GatewayError): void;
  onDialClosed(): void;
}

/** Opens a connection: to one address after the other, until one answers or the connect timeout is over. */
export function openConnection(dialer: Dialer, owner: DialOwner): void {
  new Dial(dialer, owner).start();
}

type Socket = Bun.Socket<Dial>;
type CodedError = Error & { readonly code?: string };

class Dial implements TimeoutOwner {
  readonly #dialer: Dialer;
  readonly #owner: DialOwner;
  readonly #timeout = new Timeout(this);
  #connection: ConnectionEvents | undefined = undefined;
  /** Open, but not shaken hands on. */
  #socket: Socket | undefined = undefined;
  #hostAddress = "";
  #tries = 0;
  /** The one who wanted it has been told of a failure. */
  #isOver = false;
  #isClosed = false;

  constructor(dialer: Dialer, owner: DialOwner) {
    this.#dialer = dialer;
    this.#owner = owner;
  }

  start(): void {
    this.#timeout.set(this.#owner.timeouts.connect);
    this.#next();
  }

  onTimeout(): void {
    this.#dialer.resolver.failed(this.#hostAddress);
    // A connect cannot be called off: the socket is closed as soon as it opens, and counts until then.
    this.#fail(new GatewayError("upstream_timeout", { cause: `no connection to ${this.#dialer.address.url} in time` }));
    this.#socket?.terminate();
  }

  onOpen(socket: Socket): void {
    if (this.#isOver) {
      socket.terminate();
      return;
    }
    if (this.#dialer.tls === undefined) this.#succeed(socket);
    else this.#socket = socket;
  }

  onHandshake(socket: Socket, error: CodedError | null): void {
    const { tls } = this.#dialer;
    if (this.#isOver || this.#connection !== undefined || tls === undefined) return;
    if (error === null || (!tls.verify && isAboutCertificate(error))) return this.#succeed(socket);
    this.#fail(new GatewayError("upstream_connect", { cause: error }));
    socket.terminate();
  }

  onData(bytes: Buffer): void {
    this.#connection?.onData(bytes);
  }

  onEnd(): void {
    this.#connection?.onEnd();
  }

  onDrain(): void {
    this.#connection?.onDrain();
  }

  onClose(cause: Error | undefined): void {
    if (this.#connection !== undefined) return this.#connection.onClose(cause);
    // An error event may come before it.
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#fail(new GatewayError("upstream_connect", { cause: cause ?? "closed during the TLS handshake" }));
    this.#owner.onDialClosed();
  }

  /** The connection has failed; or a handler has thrown, which is the gateway's own fault. */
  onError(socket: Socket, cause: Error): void {
    if (systemCode(cause) !== undefined || this.#connection === undefined) return this.onClose(cause);
    this.#connection.close(GatewayError.from(cause));
    socket.terminate();
  }

  onConnectError(cause: unknown): void {
    this.#dialer.resolver.failed(this.#hostAddress);
    if (!this.#isOver && ++this.#tries < this.#dialer.resolver.current().length) return this.#next();
    this.#fail(new GatewayError("upstream_connect", { cause }));
    this.#owner.onDialClosed();
  }

  #next(): void {
    if (this.#dialer.address.unixPath !== undefined) return this.#connect("");
    const address = this.#dialer.resolver.next();
    if (typeof address === "string") return this.#connect(address);
    address.then(
      (resolved) => this.#connect(resolved),
      (cause: unknown) => this.onConnectError(cause),
    );
  }

  #connect(hostAddress: string): void {
    if (this.#isOver) return this.#owner.onDialClosed();
    this.#hostAddress = hostAddress;
    const { address, tls } = this.#dialer;
    // Half-open, for tunnels: outside of them its connection ends at the target's FIN by itself.
    const base = { socket: handlers, data: this, allowHalfOpen: true };
    const options = { ...base, ...(tls === undefined ? {} : { tls: tlsOptions(tls) }) };
    const connecting =
      address.unixPath === undefined
        ? Bun.connect<Dial>({ ...options, hostname: hostAddress, port: address.port })
        : Bun.connect<Dial>({ ...options, unix: address.unixPath });
    connecting.catch(ignoreRejection);
  }

  #succeed(socket: Socket): void {
    this.#timeout.clear();
    this.#socket = undefined;
    const connection = new UpstreamConnection(this.#owner, socket);
    this.#connection = connection;
    this.#owner.onDialed(connection);
  }

  /** The connection has become another. */
  handOver(to: ConnectionEvents): void {
    this.#connection = to;
  }

  #fail(error: GatewayError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timeout.clear();
    this.#owner.onDialFailed(error);
  }
}

function tlsOptions(tls: UpstreamTls): Bun.TLSOptions {
  return {
    serverName: tls.serverName,
    rejectUnauthorized: false,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
  };
}

/** The handshake is done, then, and CERT_HAS_EXPIRED or the like says what is wrong; else it is EPROTO or ECONNRESET. */
function isAboutCertificate(error: CodedError): boolean {
  return error.code?.includes("_") === true;
}

/** Every event goes to the dial that the socket was opened by, and on to its connection. */
const handlers: Bun.SocketHandler<Dial> = {
  open: (socket) => socket.data.onOpen(socket),
  handshake: (socket, _isDone, error) => socket.data.onHandshake(socket, error),
  data: (socket, bytes) => socket.data.onData(bytes),
  drain: (socket) => socket.data.onDrain(),
  end: (socket) => socket.data.onEnd(),
  close: (socket, error) => socket.data.onClose(error),
  error: (socket, error) => socket.data.onError(socket, error),
  connectError: (socket, error) => socket.data.onConnectError(error),
};

/** `connectError` has told of it already. */
function ignoreRejection(): void {}
