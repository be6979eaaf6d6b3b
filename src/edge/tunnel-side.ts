import type { Flow } from "./flow.ts";
import type { ClientEvents } from "./wire-owner.ts";

/** Whose side it is. */
export interface SideOwner {
  onMoved(): void;
  onSideClosed(side: TunnelSide, cause: Error | undefined): void;
}

/** One of a tunnel's two connections: what happens on it moves the flows. */
export class TunnelSide implements ClientEvents {
  isClosed = false;
  readonly #owner: SideOwner;
  readonly #incoming: Flow;
  readonly #outgoing: Flow;

  constructor(owner: SideOwner, incoming: Flow, outgoing: Flow) {
    this.#owner = owner;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
  }

  /** Both directions have come to their end on this side. */
  get isDone(): boolean {
    return this.#outgoing.isShut && this.#incoming.isEnded;
  }

  onData(bytes: Buffer): void {
    this.#owner.onMoved();
    this.#incoming.push(bytes);
  }

  onDrain(): void {
    this.#owner.onMoved();
    this.#outgoing.onDrain();
  }

  onEnd(): void {
    this.#incoming.end();
  }

  /** After our own FIN the peer's comes as a close, without an end. */
  onClose(cause: Error | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (cause === undefined && this.#outgoing.isShut) this.#incoming.end();
    this.#owner.onSideClosed(this, cause);
  }

  onError(cause: Error): void {
    this.onClose(cause);
  }
}
