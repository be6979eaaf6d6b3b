/**
 * Whether a body comes fast enough to be waited for anew. A client that sends a byte now and then would otherwise hold a
 * connection to the service for as long as it likes.
 */
export class BodyPace {
  readonly #leastBytes: number;
  #bytes = 0;

  /** @param leastBytes that have to come in one wait; 0: there is no bound */
  constructor(leastBytes: number) {
    this.#leastBytes = leastBytes;
  }

  /** A wait begins: what has come before does not count for it. */
  restart(): void {
    this.#bytes = 0;
  }

  /** Bytes have come; true if they are enough for this wait, and another begins. */
  take(bytes: number): boolean {
    this.#bytes += bytes;
    if (this.#bytes < this.#leastBytes) return false;
    this.#bytes = 0;
    return true;
  }
}
