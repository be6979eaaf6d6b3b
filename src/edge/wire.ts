import type { CertificateInfo } from "../config/certificate.ts";
import type { ListenConfig } from "../config/schema.ts";
import { createNullLogger } from "../observe/log.ts";
import type { Logger } from "../observe/logger.ts";
import { MAX_TIMER_MS } from "../timeouts.ts";
import type { Edge, EdgeHandler, ListenOptions } from "./edge.ts";
import { Http2Server } from "./http2.ts";
import { type ChoiceOwner, type Protocol, ProtocolChoice } from "./protocol-choice.ts";
import { ServerCertificates } from "./server-certificates.ts";
import { serverTls, verifiedCertificate } from "./server-tls.ts";
import { WireConnection } from "./wire-connection.ts";
import type { ClientEvents, ClientSocket, ListedConnection, TunnelSlots, WireOwner } from "./wire-owner.ts";
import { WirePeer } from "./wire-request.ts";
import { type WireSettings, wireSettings } from "./wire-settings.ts";

/** HTTP/1.1 (RFC 9112), and HTTP/2 where asked for, on a TCP socket, plain or TLS. Throws if it cannot listen. */
export function listenWire(config: ListenConfig, handler: EdgeHandler, options: ListenOptions = {}): Edge {
  return new WireListener(config, handler, options);
}

type Socket = Bun.Socket<ClientEvents | undefined>;

/** Told before the first byte of a request. */
function onHandshake(socket: Socket): void {
  const client = socket.data;
  if (client instanceof WireConnection) client.peer.certificate = verifiedCertificate(socket);
  else if (client instanceof ProtocolChoice) client.onHandshake(socket.alpnProtocol, verifiedCertificate(socket));
}

/** Works on Linux, but Bun's type does not have it. */
const SHARED: object = { reusePort: true };

class WireListener implements Edge, ChoiceOwner {
  readonly host: string;
  readonly port: number;
  settings: WireSettings;
  readonly handler: EdgeHandler;
  readonly slots: TunnelSlots;
  isDraining = false;
  requests = 0;
  accepted = 0;
  refused = 0;
  readonly #listener: Bun.TCPSocketListener<ClientEvents | undefined>;
  readonly #http2: Http2Server | undefined;
  readonly #log: Logger;
  #certificates: ServerCertificates | undefined;
  /** Bun.listen asks it, in the handshake, for the certificate of a name; undefined for the listener's own. */
  readonly #asked: object = { serverName: (_: unknown, name: string) => this.#certificates?.find(name) };
  readonly #connections = new Set<ListedConnection>();
  #onEmpty: (() => void) | undefined = undefined;

  constructor(config: ListenConfig, handler: EdgeHandler, { isShared, log = createNullLogger() }: ListenOptions) {
    this.settings = wireSettings(config);
    this.handler = handler;
    this.#log = log;
    this.slots = new Slots(this);
    this.#http2 = config.http2 ? new Http2Server(this.settings, handler, () => this.requests++) : undefined;
    const { tls } = config;
    const certificates = tls === undefined ? undefined : new ServerCertificates(tls, log);
    this.#certificates = certificates;
    this.#listener = Bun.listen<ClientEvents | undefined>({
      hostname: config.host,
      port: config.port,
      allowHalfOpen: true,
      ...(isShared === true ? SHARED : {}),
      ...(tls === undefined || certificates === undefined
        ? {}
        : { tls: serverTls(tls, certificates.credentials, config.http2) }),
      socket: {
        open: (socket) => this.#open(socket),
        data: (socket, bytes) => socket.data?.onData(bytes),
        drain: (socket) => socket.data?.onDrain(),
        end: (socket) => socket.data?.onEnd(),
        // With this handler a TLS connection opens, and its time for a first head begins, before its handshake.
        ...(certificates === undefined ? {} : { handshake: onHandshake, ...this.#asked }),
        close: (socket, error) => socket.data?.onClose(error),
        error: (socket, error) => socket.data?.onError(error),
      },
    });
    this.host = config.host;
    this.port = this.#listener.port;
    certificates?.watch(this.#listener);
  }

  get connections(): number {
    return this.#connections.size;
  }

  get certificates(): readonly CertificateInfo[] {
    return this.#certificates?.infos ?? [];
  }

  get tunnels(): number {
    return this.slots.taken;
  }

  onUpgraded(connection: ListedConnection, tunnel: ListedConnection): void {
    this.#connections.delete(connection);
    this.#connections.add(tunnel);
  }

  onClosed(connection: ListedConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  onProtocol(choice: ProtocolChoice, socket: ClientSocket, protocol: Protocol): void {
    this.#connections.delete(choice);
    const isHttp2 = this.#http2 !== undefined && protocol === "http2";
    if (isHttp2) this.#openHttp2(this.#http2, choice, socket);
    else this.#openHttp1(choice, socket);
  }

  /** As to a head of HTTP/1 that does not come whole: whoever speaks HTTP/2 would not stop there. */
  onUndecided(choice: ProtocolChoice, socket: ClientSocket): void {
    this.#connections.delete(choice);
    this.#openHttp1(choice, socket).expire();
  }

  prepare(config: ListenConfig): () => void {
    const settings = wireSettings(config);
    const renewed = this.#preparedTls(config.tls);
    return () => {
      this.settings = settings;
      if (this.#http2 !== undefined) this.#http2.settings = settings;
      renewed();
    };
  }

  shut(): void {
    this.#listener.stop(false);
  }

  async stop(drainMs: number): Promise<void> {
    this.isDraining = true;
    this.shut();
    this.#certificates?.stop();
    for (const connection of this.#connections) connection.drain();
    void this.#http2?.stop(false);
    if (this.#connections.size > 0) await this.#emptied(drainMs);
    await this.#http2?.stop(true);
  }

  #preparedTls(tls: ListenConfig["tls"]): () => void {
    const before = this.#certificates;
    if (tls === undefined || before === undefined || before.isFor(tls)) return () => {};
    const next = new ServerCertificates(tls, this.#log);
    return () => {
      try {
        next.lend(this.#listener);
      } catch (error) {
        this.#log.error("new certificates are not taken", { error });
        return;
      }
      before.stop();
      this.#certificates = next;
      next.watch(this.#listener);
    };
  }

  async #emptied(drainMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    const timer = setTimeout(
      () => {
        for (const connection of this.#connections) connection.abort();
      },
      Math.min(drainMs, MAX_TIMER_MS),
    );
    await promise;
    clearTimeout(timer);
  }

  #open(socket: Socket): void {
    if (this.#connections.size >= this.settings.maxConnections) {
      this.refused++;
      socket.terminate();
      return;
    }
    this.accepted++;
    const connection = this.#http2 === undefined ? new WireConnection(this, socket) : new ProtocolChoice(this, socket);
    socket.data = connection;
    this.#connections.add(connection);
  }

  #openHttp1({ certificate, bytes }: ProtocolChoice, socket: ClientSocket): WireConnection {
    const connection = new WireConnection(this, socket);
    connection.peer.certificate = certificate;
    socket.data = connection;
    this.#connections.add(connection);
    if (this.isDraining) connection.drain();
    if (bytes !== undefined) connection.onData(bytes);
    return connection;
  }

  #openHttp2(http2: Http2Server, { certificate, bytes }: ProtocolChoice, socket: ClientSocket): void {
    const peer = new WirePeer(socket.remoteAddress, socket.remotePort, this.settings);
    peer.certificate = certificate;
    const connection = http2.accept(this, socket, peer);
    this.#connections.add(connection);
    if (this.isDraining) connection.drain();
    if (bytes !== undefined) connection.receive(bytes);
  }
}

/** A listener that stops has none to give. */
class Slots implements TunnelSlots {
  taken = 0;
  readonly #owner: WireOwner;

  constructor(owner: WireOwner) {
    this.#owner = owner;
  }

  get hasFree(): boolean {
    return this.taken < this.#owner.settings.maxTunnels && !this.#owner.isDraining;
  }
}
