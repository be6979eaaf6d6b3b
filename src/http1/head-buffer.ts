/** Bytes that hold any usual head, and a body that goes with it. */
const INITIAL_BYTES = 96 * 1024;
/** A text shorter than this costs less to copy here than a call into the runtime does. */
const SHORT_TEXT = 24;

/**
 * Where the heads of messages are composed as they go on the wire, one at a time: `begin`, then the parts. What it holds
 * must be sent or copied before anyone begins the next. It grows to the largest head that it has seen.
 */
export class HeadBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  size = 0;

  begin(): this {
    this.size = 0;
    return this;
  }

  /** Adds latin1 text. */
  text(text: string): this {
    const { length } = text;
    this.reserve(length);
    if (length > SHORT_TEXT) this.size += this.bytes.write(text, this.size, "latin1");
    else {
      const { bytes } = this;
      let at = this.size;
      for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i);
      this.size = at;
    }
    return this;
  }

  /** Adds a short part of a latin1 text, which need not be cut out for that. */
  span(text: string, start: number, end: number): this {
    this.reserve(end - start);
    const { bytes } = this;
    let at = this.size;
    for (let i = start; i < end; i++) bytes[at++] = text.charCodeAt(i);
    this.size = at;
    return this;
  }

  /** Adds a whole number, in digits. */
  number(value: number): this {
    return this.text(value.toString());
  }

  /** Adds a part of other bytes, which are copied. */
  part(source: Buffer, start: number, end: number): this {
    this.reserve(end - start);
    this.size += source.copy(this.bytes, this.size, start, end);
    return this;
  }

  all(source: Buffer): this {
    return this.part(source, 0, source.length);
  }

  /** What it holds, as bytes of its own. */
  copy(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.size));
  }

  /** Makes room for so many bytes more. */
  reserve(count: number): void {
    const needed = this.size + count;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(grown, 0, 0, this.size);
    this.bytes = grown;
  }
}

/** The one that all connections of the process use: what is composed in it leaves at once. */
export const headBuffer = new HeadBuffer();
