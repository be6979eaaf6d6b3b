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

  onClose(cause: Error | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#owner.onSideClosed(this, cause);
  }

  onError(cause: Error): void {
    this.onClose(cause);
  }
}
