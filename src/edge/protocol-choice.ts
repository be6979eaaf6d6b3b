import type { PeerCertificate } from "../message/request.ts";
import { Timeout, type TimeoutOwner } from "../timeouts.ts";
import type { ClientEvents, ClientSocket, ListedConnection, WireOwner } from "./wire-owner.ts";
import { graceQueue } from "./wire-settings.ts";

/** What a client speaks on a listener that serves both. */
export type Protocol = "http1" | "http2";

/** Whom a choice tells; the connection is theirs from then on. */
export interface ChoiceOwner extends WireOwner {
  onProtocol(choice: ProtocolChoice, socket: ClientSocket, protocol: Protocol): void;
  /** The time for a head is over, and what has come could be the beginning of either protocol. */
  onUndecided(choice: ProtocolChoice, socket: ClientSocket): void;
}

/** How an HTTP/2 connection begins (RFC 9113 §3.4); no request line of HTTP/1 does. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/**
 * A connection that has not told its protocol yet: over TLS the handshake does (RFC 7301), without it the first bytes
 * (RFC 9113 §3.3).
 */
export class ProtocolChoice implements ClientEvents, ListedConnection, TimeoutOwner {
  /** What the client has shown in the handshake. */
  certificate: PeerCertificate | undefined = undefined;
  /** All that has come. */
  bytes: Buffer | undefined = undefined;
  readonly #owner: ChoiceOwner;
  readonly #socket: ClientSocket;
  readonly #waiting = new Timeout(this);

  constructor(owner: ChoiceOwner, socket: ClientSocket) {
    this.#owner = owner;
    this.#socket = socket;
    this.#waiting.set(owner.settings.headerQueue);
  }

  /** The handshake is done; `name` is what it has agreed on, if the client has offered anything. */
  onHandshake(name: string | false | null, certificate: PeerCertificate | undefined): void {
    this.certificate = certificate;
    this.#choose(name === "h2" ? "http2" : "http1");
  }

  onData(bytes: Buffer): void {
    const all = this.bytes === undefined ? bytes : Buffer.concat([this.bytes, bytes]);
    this.bytes = all;
    const length = Math.min(all.length, PREFACE.length);
    if (all.compare(PREFACE, 0, length, 0, length) !== 0) this.#choose("http1");
    else if (length === PREFACE.length) this.#choose("http2");
  }

  onDrain(): void {}

  onEnd(): void {
    this.#socket.end();
  }

  onClose(): void {
    this.#waiting.clear();
    this.#owner.onClosed(this);
  }

  onError(): void {
    this.abort();
  }

  drain(): void {
    this.#waiting.set(graceQueue);
  }

  abort(): void {
    this.#socket.terminate();
  }

  onTimeout(): void {
    if (this.bytes === undefined) return this.abort();
    this.#owner.onUndecided(this, this.#socket);
  }

  #choose(protocol: Protocol): void {
    this.#waiting.clear();
    this.#owner.onProtocol(this, this.#socket, protocol);
  }
}
