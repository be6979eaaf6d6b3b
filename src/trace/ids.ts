/** Bytes of one trace's id, and of one span's. */
const TRACE_BYTES = 16;
const BYTES = TRACE_BYTES + 8;
/** Digits of both. */
const DIGITS = 2 * BYTES;
/** Traces whose ids are made at a time. */
const BATCH = 256;
/** Digits at the end of a trace's id that decide whether it is recorded, and how many values they have. */
const DECIDING = 12;
const VALUES = 16 ** DECIDING;

/**
 * Random ids (W3C Trace Context §3.2.2): a trace's and, behind it, that of a span in it. They come from the system's
 * generator, many at a time, as one text in which each request's have their place.
 */
export class Ids {
  /** Small hexadecimal digits, 48 of each request. */
  text = "";
  /** Where the latest begin. */
  at = 0;
  readonly #bytes = Buffer.alloc(BATCH * BYTES);
  readonly #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset);
  #byte: number = this.#bytes.length;

  /** Makes new ones; answers which part of 1 the trace's is, as `shareOf` does. */
  next(): number {
    const bytes = this.#bytes;
    this.#byte += BYTES;
    this.at += DIGITS;
    if (this.#byte >= bytes.length) {
      crypto.getRandomValues(bytes);
      this.text = bytes.toString("hex");
      this.#byte = 0;
      this.at = 0;
    }
    const last = this.#byte + TRACE_BYTES;
    return (this.#view.getUint16(last - 6) * 0x1_0000_0000 + this.#view.getUint32(last - 4)) / VALUES;
  }

  /** The id of a new trace, after `next`. */
  get traceId(): string {
    return this.text.slice(this.at, this.at + 32);
  }

  /** The id of a new span, after `next`. */
  get spanId(): string {
    return this.text.slice(this.at + 32, this.at + DIGITS);
  }
}

/** Its last 48 bits as a part of 1, less than 1: they decide whether it is recorded, so that all who go by them agree. */
export function shareOf(traceId: string): number {
  return Number.parseInt(traceId.slice(-DECIDING), 16) / VALUES;
}
