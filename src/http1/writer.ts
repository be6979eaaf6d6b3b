import { GatewayError } from "../errors.ts";
import type { HeaderList } from "../message/headers.ts";
import type { BodySink, BodySource } from "../message/source.ts";
import { isAllowedTrailer } from "./hop.ts";

/** The part of a socket that writing needs. */
export interface WritableSocket {
  /** Returns the bytes taken, fewer than given under back-pressure, −1 when closed. */
  write(data: Uint8Array, offset?: number, length?: number): number;
}

export interface WriterOwner {
  /** The message is complete, and every byte of it with the kernel. */
  onMessageSent(): void;
  /** The body failed: the message on the wire cannot be completed. */
  onMessageFailed(error: GatewayError): void;
  /** The peer takes no more for now, or takes again. */
  onBlocked(isBlocked: boolean): void;
}

/** How a message tells its end: by Content-Length, by chunks, by closing; or it has no body (HEAD, 204, 304). */
export type WriteFraming = "length" | "chunked" | "close" | "none";

/** Heads and small chunks are joined here, so that they leave in one write. */
const scratch = Buffer.allocUnsafeSlow(96 * 1024);
/** A chunk up to this size is copied behind what has to go before it; a larger one is written by itself. */
const JOIN_BYTES = 16 * 1024;

/** Writes messages to one connection, one after the other: a head, then a body as its sink, with back-pressure. */
export class MessageWriter implements BodySink {
  /** Bytes of body of the message, as sent. */
  bodyBytes = 0;
  /** Whether any byte of the message has left. */
  hasSent = false;

  readonly #owner: WriterOwner;
  #socket: WritableSocket | undefined = undefined;
  #source: BodySource | undefined = undefined;
  #framing: WriteFraming = "none";
  #expected = 0;
  #head = "";
  #queue: Uint8Array[] = [];
  #isEnded = true;
  /** It has ended, but the owner is told only once the peer has taken it. */
  #isUntold = false;
  #isBlocked = false;

  constructor(owner: WriterOwner) {
    this.#owner = owner;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  attach(socket: WritableSocket): void {
    this.#socket = socket;
  }

  /** Sends a message whose body is in memory: one write unless it is large. `head` is latin1. */
  sendWhole(head: string, body: Uint8Array | undefined, framing: WriteFraming): void {
    this.#begin(head, framing, body?.length ?? 0);
    if (body !== undefined && body.length > 0 && framing !== "none") this.write(body);
    this.end();
  }

  /** Sends a head and then what the source has. `length` is what the head promises with framing "length". */
  sendFrom(head: string, source: BodySource, framing: WriteFraming, length: number): void {
    this.#begin(head, framing, length);
    this.#source = source;
    source.start(this);
    if (!this.#isEnded && this.#head !== "") this.#flushHead();
  }

  /** Sends a head that stands alone, such as an interim response; a peer that takes nothing gets none. */
  sendInterim(head: string): void {
    if (this.#isBlocked) return;
    const size = scratch.write(head, 0, "latin1");
    this.#send(scratch, 0, size);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isEnded || this.#framing === "none") return true;
    // As a chunk, nothing would be the last one.
    if (chunk.length === 0) return !this.#isBlocked;
    this.bodyBytes += chunk.length;
    if (this.#framing === "length" && this.bodyBytes > this.#expected) {
      this.fail(new GatewayError("internal", { cause: "a body is longer than its Content-Length" }));
      return true;
    }
    if (this.#framing === "chunked") this.#head += `${chunk.length.toString(16)}\r\n`;
    this.#sendJoined(chunk, this.#framing === "chunked");
    return !this.#isBlocked;
  }

  end(trailers?: HeaderList): void {
    if (this.#isEnded) return;
    if (this.#framing === "length" && this.bodyBytes !== this.#expected) {
      return this.fail(new GatewayError("internal", { cause: "a body is shorter than its Content-Length" }));
    }
    if (this.#framing === "chunked") this.#head += `0\r\n${trailers === undefined ? "" : trailerLines(trailers)}\r\n`;
    this.#isEnded = true;
    this.#source = undefined;
    if (this.#head !== "") this.#flushHead();
    this.#isUntold = this.#isBlocked;
    if (!this.#isBlocked) this.#owner.onMessageSent();
  }

  fail(error: GatewayError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const source = this.#source;
    this.#source = undefined;
    this.#head = "";
    this.#owner.onMessageFailed(error);
    source?.cancel(error);
  }

  /** The connection is gone or given up: lets go of the source. */
  abandon(error: GatewayError): void {
    this.#isEnded = true;
    this.#isUntold = false;
    this.#socket = undefined;
    this.#queue = [];
    this.#head = "";
    const source = this.#source;
    this.#source = undefined;
    source?.cancel(error);
  }

  /** The socket takes bytes again. */
  onDrain(): void {
    if (!this.#isBlocked) return;
    const queue = this.#queue;
    this.#queue = [];
    this.#isBlocked = false;
    for (const bytes of queue) this.#send(bytes, 0, bytes.length);
    if (this.#isBlocked) return;
    this.#owner.onBlocked(false);
    if (!this.#isUntold) return this.#source?.resume();
    this.#isUntold = false;
    this.#owner.onMessageSent();
  }

  #begin(head: string, framing: WriteFraming, length: number): void {
    this.#head = head;
    this.#framing = framing;
    this.#expected = length;
    this.#isEnded = false;
    this.bodyBytes = 0;
    this.hasSent = false;
  }

  #flushHead(): void {
    const size = this.#takeHead();
    this.#send(scratch, 0, size);
  }

  /** Moves what has to go first into the scratch buffer, and returns its size. */
  #takeHead(): number {
    const head = this.#head;
    this.#head = "";
    if (head.length <= scratch.length) return scratch.write(head, 0, "latin1");
    const bytes = Buffer.from(head, "latin1");
    this.#send(bytes, 0, bytes.length);
    return 0;
  }

  #sendJoined(chunk: Uint8Array, isFramed: boolean): void {
    if (this.#head === "" && !isFramed) return this.#send(chunk, 0, chunk.length);
    let size = this.#takeHead();
    if (size + chunk.length + 2 > scratch.length || chunk.length > JOIN_BYTES) {
      this.#send(scratch, 0, size);
      this.#send(chunk, 0, chunk.length);
      size = 0;
    } else {
      scratch.set(chunk, size);
      size += chunk.length;
    }
    if (isFramed) size += scratch.write("\r\n", size, "latin1");
    if (size > 0) this.#send(scratch, 0, size);
  }

  #send(bytes: Uint8Array, offset: number, length: number): void {
    if (this.#isBlocked) {
      this.#keep(bytes, offset, length);
      return;
    }
    const taken = this.#socket === undefined ? -1 : this.#socket.write(bytes, offset, length);
    if (taken > 0) this.hasSent = true;
    // Closed: the close event tells the owner.
    if (taken < 0 || taken === length) return;
    this.#isBlocked = true;
    this.#keep(bytes, offset + taken, length - taken);
    this.#owner.onBlocked(true);
  }

  /** The scratch buffer is written over at the next message, so what is kept of it is copied. */
  #keep(bytes: Uint8Array, offset: number, length: number): void {
    const rest = bytes.subarray(offset, offset + length);
    this.#queue.push(bytes === scratch ? Buffer.from(rest) : rest);
  }
}

function trailerLines(trailers: HeaderList): string {
  let lines = "";
  const { flat } = trailers;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (isAllowedTrailer(name)) lines += `${name}: ${flat[i + 1]}\r\n`;
  }
  return lines;
}
