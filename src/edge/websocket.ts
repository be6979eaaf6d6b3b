/** The opcode of a Close frame (RFC 6455 §5.2). */
const CLOSE = 8;

/** Follows the frame headers of one direction (RFC 6455 §5.2) as far as it takes to know where a frame ends. */
export class FrameFollower {
  /** A Close frame has begun: nothing may follow it. */
  hasClose = false;
  /** Bytes of the present header so far, and in all. */
  #seen = 0;
  #size = 2;
  #lengthEnd = 2;
  #length = 0;
  #opcode = 0;
  /** Bytes of the present frame's content that are still to come. */
  #left = 0;

  /** No frame is under way. */
  get isBetween(): boolean {
    return this.#seen === 0 && this.#left === 0;
  }

  /** Follows bytes; returns how many: with `toEnd` no more than end the frame under way. */
  follow(bytes: Uint8Array, toEnd: boolean): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left === 0) this.#readHeader(bytes[at++] as number);
      else {
        const step = Math.min(this.#left, bytes.length - at);
        this.#left -= step;
        at += step;
      }
      if (toEnd && this.isBetween) break;
    }
    return at;
  }

  #readHeader(byte: number): void {
    const index = this.#seen++;
    if (index === 0) this.#opcode = byte & 0x0f;
    else if (index === 1) this.#readSizes(byte);
    else if (index < this.#lengthEnd) this.#length = this.#length * 256 + byte;
    if (this.#seen < this.#size) return;
    this.#seen = 0;
    this.#left = this.#length;
    if (this.#opcode === CLOSE) this.hasClose = true;
  }

  /** The second byte says whether there is a mask, and how long the length is. */
  #readSizes(byte: number): void {
    const code = byte & 0x7f;
    const lengthBytes = code === 126 ? 2 : code === 127 ? 8 : 0;
    this.#length = lengthBytes === 0 ? code : 0;
    this.#lengthEnd = 2 + lengthBytes;
    this.#size = this.#lengthEnd + ((byte & 0x80) === 0 ? 0 : 4);
  }
}

/** A Close frame with 1001, "going away" (RFC 6455 §7.4.1); masked if it goes to a server (§5.3). */
export function closeFrame(isMasked: boolean): Uint8Array {
  if (!isMasked) return Uint8Array.of(0x88, 2, 0x03, 0xe9);
  const mask = crypto.getRandomValues(new Uint8Array(4));
  const [first = 0, second = 0] = mask;
  return Uint8Array.of(0x88, 0x82, ...mask, 0x03 ^ first, 0xe9 ^ second);
}
