import type { MessageWriter } from "../http1/writer.ts";
import { Timeout, type TimeoutOwner, timeoutQueue } from "../timeouts.ts";

/** Whose client has sent FIN. */
export interface HalfCloseOwner {
  /** The reply under way has begun. */
  readonly isReplying: boolean;
  /** Interim responses may be sent to this client. */
  readonly canInform: boolean;
  /** Sends one, which a client that is gone answers with RST. */
  probe(): void;
  /** The client is gone, as far as anyone can tell. */
  onGone(): void;
}

/** A client that has sent FIN is looked after this often. */
const queue = timeoutQueue(250);

/**
 * A client that has sent FIN may be reading still, or be gone; only writing tells. Before its reply it is probed once;
 * a reply that stands still for want of bytes is given up.
 */
export class HalfClose implements TimeoutOwner {
  /** The client has sent FIN. */
  isReached = false;
  readonly #owner: HalfCloseOwner;
  readonly #writer: MessageWriter;
  readonly #timeout = new Timeout(this);
  #seenBytes = -1;

  constructor(owner: HalfCloseOwner, writer: MessageWriter) {
    this.#owner = owner;
    this.#writer = writer;
  }

  /** FIN has come, or a reply begins after it. */
  watch(): void {
    this.isReached = true;
    this.#timeout.set(queue);
  }

  stop(): void {
    this.#timeout.clear();
  }

  onTimeout(): void {
    if (!this.#owner.isReplying) {
      if (this.#owner.canInform) this.#owner.probe();
      return;
    }
    const { bodyBytes, isBlocked } = this.#writer;
    if (!isBlocked && bodyBytes === this.#seenBytes) return this.#owner.onGone();
    this.#seenBytes = bodyBytes;
    this.#timeout.set(queue);
  }
}
