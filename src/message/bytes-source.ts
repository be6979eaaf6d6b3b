import type { BodySink, BodySource } from "./source.ts";

/** At most so many are handed over at once. */
const CHUNK_BYTES = 65_536;

/** Bytes in memory as a source: for those who would otherwise take all of them at once. They are not copied. */
export class BytesSource implements BodySource {
  readonly length: number;
  readonly #bytes: Uint8Array;
  #at = 0;
  #sink: BodySink | undefined = undefined;
  #isSending = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.length = bytes.byteLength;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#send();
  }

  resume(): void {
    this.#send();
  }

  cancel(): void {
    this.#sink = undefined;
  }

  /** A sink may resume the source from within a `write`: that must not begin a second round. */
  #send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#sink !== undefined && this.#at < this.length) {
      const start = this.#at;
      this.#at = Math.min(start + CHUNK_BYTES, this.length);
      if (!this.#sink.write(this.#bytes.subarray(start, this.#at))) break;
    }
    this.#isSending = false;
    if (this.#at < this.length) return;
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }
}
