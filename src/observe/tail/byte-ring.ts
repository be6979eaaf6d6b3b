const NEWLINE = 0x0a;

/** The end of a text in lines, as bytes in constant memory. */
export class ByteRing {
  readonly #bytes: Buffer;
  /** Where the next byte goes. */
  #next = 0;
  #isFull = false;

  /** @param capacity bytes that are kept */
  constructor(capacity: number) {
    this.#bytes = Buffer.alloc(capacity);
  }

  push(added: Uint8Array): void {
    const ring = this.#bytes;
    const kept = added.length > ring.length ? added.subarray(added.length - ring.length) : added;
    const room = ring.length - this.#next;
    if (kept.length < room) {
      ring.set(kept, this.#next);
      this.#next += kept.length;
      return;
    }
    ring.set(kept.subarray(0, room), this.#next);
    ring.set(kept.subarray(room), 0);
    this.#next = kept.length - room;
    this.#isFull = true;
  }

  /** Whole lines without their ends, the latest last. */
  lines(): readonly string[] {
    const all = this.#isFull
      ? Buffer.concat([this.#bytes.subarray(this.#next), this.#bytes.subarray(0, this.#next)])
      : this.#bytes.subarray(0, this.#next);
    // Of the oldest line only the end may be left.
    const start = this.#isFull ? all.indexOf(NEWLINE) + 1 : 0;
    const text = all.toString("utf8", start);
    return text === "" ? [] : text.slice(0, text.endsWith("\n") ? -1 : undefined).split("\n");
  }
}
