import { Timeout, type TimeoutOwner } from "../timeouts.ts";
import type { UpstreamTimeouts } from "./timeouts.ts";

/** Whose timeouts hold; they change when the service's configuration does. */
interface TimeoutsOwner {
  readonly timeouts: UpstreamTimeouts;
}

/**
 * The one timeout of a connection to a target. Between exchanges it is how long the connection is kept, then how long the
 * reply's head may take, and while bytes are due, in either direction, how long they may stand still.
 */
export class ConnectionTimeout {
  readonly #owner: TimeoutsOwner;
  readonly #timeout: Timeout;
  /** A part of the reply's body is due; not while somebody downstream cannot take it. */
  #isReading = false;
  /** The target takes no more of the request at the moment. */
  #isBlocked = false;

  constructor(owner: TimeoutsOwner, connection: TimeoutOwner) {
    this.#owner = owner;
    this.#timeout = new Timeout(connection);
  }

  /** Nothing is due: at the beginning of an exchange, and after its end. */
  clear(): void {
    this.#isReading = false;
    this.#isBlocked = false;
    this.#timeout.clear();
  }

  /** The connection waits to be used again; a surplus one not for long. */
  keep(isSurplus: boolean, now: number): void {
    const { keep, surplus } = this.#owner.timeouts;
    this.#timeout.set(isSurplus ? surplus : keep, now);
  }

  /** The request is sent in full: what runs goes on. */
  sent(): void {
    this.#isBlocked = false;
  }

  /** The reply's head is due. */
  awaitHead(now: number): void {
    this.#timeout.set(this.#owner.timeouts.response, now);
  }

  reading(isReading: boolean): void {
    this.#isReading = isReading;
    this.#watch();
  }

  blocked(isBlocked: boolean): void {
    this.#isBlocked = isBlocked;
    this.#watch();
  }

  /** Some of the reply's body has come: the time begins anew. */
  progress(): void {
    this.#timeout.set(this.#owner.timeouts.idle);
  }

  #watch(): void {
    if (this.#isReading || this.#isBlocked) this.#timeout.set(this.#owner.timeouts.idle);
    else this.#timeout.clear();
  }
}
