import { CR, LF } from "./chars.ts";
import { ProtocolError } from "./protocol-error.ts";

const NOTHING = Buffer.alloc(0);
const HEAD_END = Buffer.from("\r\n\r\n");

/** Looks at the first bytes of a head that is not complete, and throws ProtocolError if it will never be one. */
export type EarlyCheck = (start: Uint8Array) => void;

/** Gathers the head of a message from pieces cut anywhere. A head that comes in one piece is not copied. */
export class HeadReader {
  readonly #maxBytes: number;
  readonly #earlyCheck: EarlyCheck;
  #partial: Buffer | undefined = undefined;
  /** Of the head that the last `read` has found: where it is, and where it starts and ends. */
  bytes: Buffer = NOTHING;
  start = 0;
  end = 0;

  constructor(maxBytes: number, earlyCheck: EarlyCheck) {
    this.#maxBytes = maxBytes;
    this.#earlyCheck = earlyCheck;
  }

  /** Whether some, but not all of a head has come. */
  get isPartial(): boolean {
    return this.#partial !== undefined;
  }

  /** The head that the last `read` has found, latin1, with the empty line; else nothing. */
  get text(): string {
    return this.bytes.toString("latin1", this.start, this.end);
  }

  /** Whether that head begins with these letters. */
  startsWith(letters: string): boolean {
    return this.bytes.toString("latin1", this.start, Math.min(this.start + letters.length, this.end)) === letters;
  }

  /** Lets go of it. */
  release(): void {
    this.bytes = NOTHING;
    this.start = 0;
    this.end = 0;
  }

  /**
   * Takes bytes from `at` on; returns where the head ends, or −1 if it needs more. Throws ProtocolError if it is too
   * long (`headers_too_large`, or `uri_too_long` if its first line is), has a bare LF, or fails the early check.
   */
  read(bytes: Buffer, at: number): number {
    if (this.end !== 0) this.release();
    if (this.#partial !== undefined) return this.#readOn(this.#partial, bytes, at);
    const end = bytes.indexOf(HEAD_END, at);
    if (end === -1) {
      this.#keep(bytes.subarray(at), 0);
      return -1;
    }
    if (end + 4 - at > this.#maxBytes) throw tooLarge(bytes.subarray(at), this.#maxBytes);
    this.bytes = bytes;
    this.start = at;
    this.end = end + 4;
    return end + 4;
  }

  #readOn(partial: Buffer, bytes: Buffer, at: number): number {
    const joined = Buffer.concat([partial, at === 0 ? bytes : bytes.subarray(at)]);
    const end = joined.indexOf(HEAD_END, Math.max(0, partial.length - 3));
    if (end === -1) {
      this.#keep(joined, partial.length);
      return -1;
    }
    if (end + 4 > this.#maxBytes) throw tooLarge(joined, this.#maxBytes);
    this.bytes = joined;
    this.start = 0;
    this.end = end + 4;
    this.#partial = undefined;
    return at + end + 4 - partial.length;
  }

  #keep(partial: Buffer, from: number): void {
    if (partial.length === 0) return;
    if (partial.length > this.#maxBytes) throw tooLarge(partial, this.#maxBytes);
    for (let i = partial.indexOf(LF, from); i !== -1; i = partial.indexOf(LF, i + 1)) {
      if (partial[i - 1] !== CR) throw new ProtocolError("a bare LF in the head");
    }
    this.#earlyCheck(partial);
    this.#partial = partial;
  }
}

/** RFC 9112 §3: a first line that is over the limit by itself has a target that is too long. */
function tooLarge(head: Buffer, maxBytes: number): ProtocolError {
  const lineEnd = head.indexOf(LF);
  if (lineEnd === -1 || lineEnd >= maxBytes) return new ProtocolError("the first line is too long", "uri_too_long");
  return new ProtocolError("the head is too large", "headers_too_large");
}
