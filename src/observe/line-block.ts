/** Bytes of a line that is put together on the desk, at most. */
export const DESK = 8_192;
/** Bytes of lines that there is room for. */
const ROOM = 131_072;
/** Longest text that is taken, in UTF-16 units; there is room for eight even if each unit is three bytes. */
const LONGEST = 16_384;
/** Bytes of a UTF-16 unit in UTF-8, at most. */
const MOST_BYTES = 3;

/**
 * Lines, one behind the other as bytes in one place, so that the same memory is written again and again and stays in the
 * processor's cache. Before them is the desk: there a line may be put together without a text being made.
 */
export class LineBlock {
  /** The desk, and the lines behind it. */
  readonly #bytes = Buffer.allocUnsafeSlow(DESK + ROOM);
  readonly desk: Uint8Array = this.#bytes.subarray(0, DESK);
  #end = DESK;

  /** Bytes of the lines that are there. */
  get length(): number {
    return this.#end - DESK;
  }

  /** Whether what is on the desk fits, however long it is. */
  get hasRoom(): boolean {
    return this.#end <= ROOM;
  }

  /** Whether this text fits. */
  fits(line: string): boolean {
    return line.length <= LONGEST && line.length * MOST_BYTES <= DESK + ROOM - this.#end;
  }

  put(line: string): void {
    this.#end += this.#bytes.write(line, this.#end);
  }

  /** Puts down the line that is on the desk, where it stays. */
  putDesk(length: number): void {
    this.#bytes.copyWithin(this.#end, 0, length);
    this.#end += length;
  }

  /** The lines from there on; they are this memory itself. */
  lines(from: number): Uint8Array {
    return this.#bytes.subarray(DESK + from, this.#end);
  }

  clear(): void {
    this.#end = DESK;
  }
}
