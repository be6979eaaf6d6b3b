import { HeaderList } from "../message/headers.ts";
import { CR, HTAB, LF, SP } from "./chars.ts";
import { EXTENSION_START, mayEndExtension, nextInExtension } from "./chunk-extension.ts";
import { parseFields } from "./fields.ts";
import { ProtocolError } from "./protocol-error.ts";

/** Told of what a chunked body consists of. */
export interface ChunkedOwner {
  onChunk(data: Uint8Array): void;
  onEnd(trailers: HeaderList | undefined): void;
}

/** The largest chunk-size; far above what anyone sends, and counted exactly by a double. */
const MAX_SIZE = 0xffff_ffff_ffff;
/** Bytes of a chunk-size line, extensions included, and of the trailer section. */
const MAX_SIZE_LINE = 4_096;
/** A chunk-size line may have this many bytes, and as many more as its chunk; what is beyond that is counted together. */
const FREE_SIZE_LINE = 16;
const MAX_SURPLUS = 16_384;
const MAX_TRAILER = 16_384;
const MAX_TRAILER_LINES = 100;

const SEMICOLON = 59;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;
const DONE = 7;

/**
 * Decodes the chunked coding (RFC 9112 §7.1) from pieces cut anywhere. Extensions are checked, and dropped (RFC 9112
 * §7.1.1). Throws ProtocolError.
 */
export class ChunkedDecoder {
  readonly #owner: ChunkedOwner;
  #state = SIZE;
  #size = 0;
  /** Where in the extensions of a chunk-size line. */
  #place = EXTENSION_START;
  #lineBytes = 0;
  #surplus = 0;
  #trailer = "";
  #isAfterCr = false;

  constructor(owner: ChunkedOwner) {
    this.#owner = owner;
  }

  /** Takes bytes from `at` on, and returns where the body ended or the bytes did. */
  decode(bytes: Uint8Array, at: number): number {
    let position = at;
    while (position < bytes.length && this.#state !== DONE) {
      if (this.#state === DATA) position = this.#data(bytes, position);
      else if (this.#state === TRAILER) this.#trailerByte(bytes[position++] as number);
      else this.#frameByte(bytes[position++] as number);
    }
    return position;
  }

  #data(bytes: Uint8Array, at: number): number {
    const end = Math.min(at + this.#size, bytes.length);
    this.#size -= end - at;
    if (this.#size === 0) this.#state = DATA_CR;
    this.#owner.onChunk(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    return end;
  }

  #frameByte(byte: number): void {
    switch (this.#state) {
      case SIZE:
        return this.#sizeByte(byte);
      case EXTENSION:
        return this.#extensionByte(byte);
      case SIZE_LF:
        if (byte !== LF) throw new ProtocolError("invalid end of a chunk-size line");
        this.#state = this.#size === 0 ? TRAILER : DATA;
        return this.#countLine();
      case DATA_CR:
        if (byte !== CR) throw new ProtocolError("a chunk is longer than its size");
        this.#state = DATA_LF;
        return;
      default:
        if (byte !== LF) throw new ProtocolError("invalid end of a chunk");
        this.#state = SIZE;
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit === -1) return this.#endSize(byte);
    this.#size = this.#size * 16 + digit;
    if (this.#size > MAX_SIZE) throw new ProtocolError("a chunk-size is too large");
    this.#countLineByte();
  }

  #endSize(byte: number): void {
    if (this.#lineBytes === 0) throw new ProtocolError("a chunk has no size");
    if (byte === CR) {
      this.#state = SIZE_LF;
      return;
    }
    if (byte !== SEMICOLON && byte !== SP && byte !== HTAB) throw new ProtocolError("invalid chunk-size");
    this.#state = EXTENSION;
    this.#place = nextInExtension(EXTENSION_START, byte);
  }

  #extensionByte(byte: number): void {
    if (byte === CR && mayEndExtension(this.#place)) {
      this.#state = SIZE_LF;
      return;
    }
    this.#place = nextInExtension(this.#place, byte);
    if (this.#place === -1) throw new ProtocolError("invalid chunk extension");
    this.#countLineByte();
  }

  #countLineByte(): void {
    if (++this.#lineBytes > MAX_SIZE_LINE) throw new ProtocolError("a chunk-size line is too long");
  }

  /** Tiny chunks with long extensions would make work without being a large body (RFC 9112 §7.1.1). */
  #countLine(): void {
    this.#surplus = Math.max(0, this.#surplus + this.#lineBytes - FREE_SIZE_LINE - this.#size);
    this.#lineBytes = 0;
    if (this.#surplus > MAX_SURPLUS) throw new ProtocolError("the chunk extensions are too large");
  }

  #trailerByte(byte: number): void {
    if (this.#isAfterCr !== (byte === LF)) throw new ProtocolError("a bare CR or LF in the trailers");
    this.#isAfterCr = byte === CR;
    this.#trailer += String.fromCharCode(byte);
    if (byte !== LF) {
      if (this.#trailer.length > MAX_TRAILER)
        throw new ProtocolError("the trailers are too large", "headers_too_large");
      return;
    }
    if (this.#trailer === "\r\n") return this.#end(undefined);
    if (this.#trailer.endsWith("\r\n\r\n")) {
      this.#end(new HeaderList(parseFields(this.#trailer, 0, MAX_TRAILER_LINES)));
    }
  }

  #end(trailers: HeaderList | undefined): void {
    this.#state = DONE;
    this.#trailer = "";
    this.#owner.onEnd(trailers);
  }
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
