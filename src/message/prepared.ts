import type { ByteSink, HeaderList, WireFields } from "./headers.ts";

/**
 * Field lines that are composed once and sent any number of times: `new HeaderList(prepared)` is a list of them, which
 * may be changed without changing them. Send them only as they were taken from a HeaderList, so that they are checked.
 */
export class PreparedFields implements WireFields {
  readonly hasDate: boolean;
  readonly mayHaveProxyFields = true;
  readonly hasTrace = true;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** Lines behind the others, which change more often. */
  readonly #more: Buffer;

  private constructor(bytes: Buffer, start: number, end: number, more: Buffer, hasDate: boolean) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#more = more;
    this.hasDate = hasDate;
  }

  /** Composes them at the beginning of a buffer of their own, which has room for so many bytes behind them. */
  static of(headers: HeaderList, roomBytes = 0): PreparedFields {
    const lines = linesOf(headers);
    const bytes = Buffer.allocUnsafeSlow(lines.length + roomBytes);
    bytes.write(lines, "latin1");
    return new PreparedFields(bytes, 0, lines.length, NOTHING, headers.has("date"));
  }

  /** Lines that `of` has composed, with Date among them, at the beginning of that buffer. */
  static over(buffer: Buffer, byteLength: number): PreparedFields {
    return new PreparedFields(buffer, 0, byteLength, NOTHING, true);
  }

  /** The same lines, with these behind them. */
  with(more: HeaderList): PreparedFields {
    const lines = Buffer.from(linesOf(more), "latin1");
    return new PreparedFields(this.#bytes, this.#start, this.#end, lines, this.hasDate || more.has("date"));
  }

  /** What was made by `of`, with the room behind the lines, which begins at `byteLength`. */
  get buffer(): Buffer {
    return this.#bytes;
  }

  /** Bytes that it takes on the wire, without what `with` has added. */
  get byteLength(): number {
    return this.#end - this.#start;
  }

  parse(): string[] {
    const flat: string[] = [];
    addFields(flat, this.#bytes.toString("latin1", this.#start, this.#end));
    addFields(flat, this.#more.toString("latin1"));
    return flat;
  }

  valuesOf(): undefined {
    return undefined;
  }

  lacks(): boolean {
    return false;
  }

  copyTo(out: ByteSink): void {
    out.part(this.#bytes, this.#start, this.#end);
    if (this.#more.length > 0) out.part(this.#more, 0, this.#more.length);
  }
}

const NOTHING = Buffer.alloc(0);

function linesOf({ flat }: HeaderList): string {
  let lines = "";
  for (let i = 0; i < flat.length; i += 2) lines += `${flat[i]}: ${flat[i + 1]}\r\n`;
  return lines;
}

function addFields(flat: string[], text: string): void {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(": ", at);
    flat.push(text.slice(at, colon), text.slice(colon + 2, end));
    at = end + 2;
  }
}
