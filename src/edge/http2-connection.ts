import { Timeout, type TimeoutOwner } from "../timeouts.ts";
import { Flow } from "./flow.ts";
import { ServerSocket } from "./server-socket.ts";
import { type SideOwner, TunnelSide } from "./tunnel-side.ts";
import type { ClientSocket, ListedConnection, WireOwner } from "./wire-owner.ts";
import type { WirePeer } from "./wire-request.ts";
import { graceQueue, lingerQueue } from "./wire-settings.ts";

/**
 * The connection of an HTTP/2 client: its bytes go to Bun's server as they come, and back, with back-pressure. What the
 * requests on it are, that server knows; the connection counts them, and ends when there has been none for too long.
 */
export class Http2Connection implements ListedConnection, SideOwner, TimeoutOwner {
  peer: WirePeer;
  readonly server: ServerSocket;
  readonly #owner: WireOwner;
  readonly #client: ClientSocket;
  readonly #up: Flow;
  readonly #clientSide: TunnelSide;
  readonly #serverSide: TunnelSide;
  /** Waiting for a request; at the end for both sides to close. */
  readonly #idle = new Timeout(this);
  #requests = 0;
  #isEnding = false;

  constructor(owner: WireOwner, client: ClientSocket, peer: WirePeer) {
    this.#owner = owner;
    this.#client = client;
    this.peer = peer;
    this.server = new ServerSocket();
    this.#up = new Flow(client, this.server, undefined);
    const down = new Flow(this.server, client, undefined);
    this.#clientSide = new TunnelSide(this, this.#up, down);
    this.#serverSide = new TunnelSide(this, down, this.#up);
    this.server.events = this.#serverSide;
    client.data = this.#clientSide;
    this.#idle.set(owner.settings.headerQueue);
  }

  /** Takes the bytes that have told the protocol. */
  receive(bytes: Buffer): void {
    this.#clientSide.onData(bytes);
  }

  /** A request has come. */
  begin(): void {
    this.#requests++;
    if (!this.#isEnding) this.#idle.clear();
  }

  /** Its reply has been sent, or it has ended without. */
  readonly end = (): void => {
    this.#requests--;
    if (this.#requests > 0 || this.#isEnding || this.#clientSide.isClosed) return;
    this.#idle.set(this.#owner.isDraining ? graceQueue : this.#owner.settings.keepAliveQueue);
  };

  /** The server says GOAWAY, to end with the requests under way; a client that does not hear it is not waited for. */
  drain(): void {
    if (this.#requests === 0) this.#idle.set(graceQueue);
  }

  abort(): void {
    this.#isEnding = true;
    if (!this.#clientSide.isClosed) this.#client.terminate();
    if (!this.#serverSide.isClosed) this.server.terminate();
  }

  /** What stands still is a matter of each request. */
  onMoved(): void {}

  onSideClosed(side: TunnelSide): void {
    if (this.#clientSide.isClosed && this.#serverSide.isClosed) {
      this.#idle.clear();
      this.#owner.onClosed(this);
    } else if (side === this.#clientSide) this.abort();
    else this.#linger();
  }

  onTimeout(): void {
    if (this.#isEnding) return this.abort();
    this.#linger();
  }

  /** Both sides send what they have and end; neither is waited for any longer than a moment. */
  #linger(): void {
    this.#isEnding = true;
    this.#up.end();
    this.#serverSide.onEnd();
    this.#idle.set(lingerQueue);
  }
}
