import { GatewayError } from "../errors.ts";
import type { Body } from "../message/body.ts";
import type { HeaderList } from "../message/headers.ts";
import type { BodySink, BodySource } from "../message/source.ts";
import { type HeadBuffer, headBuffer } from "./head-buffer.ts";
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
  /** The peer takes no more at the moment, or takes again. */
  onBlocked(isBlocked: boolean): void;
}

/** How a message tells its end: by Content-Length, by chunks, by closing; or it has no body (HEAD, 204, 304). */
export type WriteFraming = "length" | "chunked" | "close" | "none";

/** What goes before a chunk and small chunks are joined here, so that they leave in one write. */
const scratch = Buffer.allocUnsafeSlow(96 * 1024);
const NOTHING = Buffer.alloc(0);
const LINE_END = Buffer.from("\r\n");
/** A chunk up to this size is copied behind what has to go before it; a larger one is written by itself. */
const JOIN_BYTES = 16 * 1024;
/** Bytes of a chunk's size, and of the line ends around it, at the most. */
const MAX_CHUNK_FRAME = 20;

/** Writes messages to one connection, one after the other: a head, then a body as its sink, with back-pressure. */
export class MessageWriter implements BodySink {
  /** Bytes of body of the message; once it is abandoned, without those that have not left. */
  bodyBytes = 0;
  /** Whether any byte of the message has left. */
  hasSent = false;

  readonly #owner: WriterOwner;
  #socket: WritableSocket | undefined = undefined;
  #source: BodySource | undefined = undefined;
  #framing: WriteFraming = "none";
  #expected = 0;
  /** Has to go before the next chunk: the head, and the frame of a chunk. */
  #head: Buffer = NOTHING;
  #queue: Uint8Array[] = [];
  #isEnded = true;
  /** It has ended, but the owner is told only once the peer has taken it. */
  #isUntold = false;
  #isBlocked = false;
  /** Bytes that came too late: the socket was closed. */
  #lost = 0;

  constructor(owner: WriterOwner) {
    this.#owner = owner;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  attach(socket: WritableSocket): void {
    this.#socket = socket;
  }

  /** Sends a message whose body is in memory: one write unless it is large. */
  sendWhole(head: HeadBuffer, body: Body, framing: WriteFraming): void {
    this.#begin(framing, body.length ?? 0);
    if (framing === "none" || body.isEmpty) this.#send(head.bytes, 0, head.size);
    else this.#sendBehind(head, body);
    this.end();
  }

  /** Sends a head and then what the source has. `length` is what the head promises with framing "length". */
  sendFrom(head: HeadBuffer, source: BodySource, framing: WriteFraming, length: number): void {
    this.#begin(framing, length);
    this.#head = head.copy();
    this.#source = source;
    source.start(this);
    if (!this.#isEnded && this.#head.length > 0) this.#flushHead();
  }

  /** Sends a head that stands alone, such as an interim response, latin1; a peer that takes nothing gets none. */
  sendInterim(head: string): void {
    if (this.#isBlocked) return;
    const bytes = Buffer.from(head, "latin1");
    this.#send(bytes, 0, bytes.length);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isEnded || this.#framing === "none") return true;
    // As a chunk, nothing would be the last one.
    if (chunk.length === 0) return !this.#isBlocked;
    this.bodyBytes += chunk.length;
    if (this.#framing === "length" && this.bodyBytes > this.#expected) {
      this.#lost += chunk.length;
      this.fail(new GatewayError("internal", { cause: "a body is longer than its Content-Length" }));
      return true;
    }
    if (this.#framing === "chunked") this.#sendChunk(chunk);
    else if (this.#head.length > 0) this.#sendJoined(chunk);
    else this.#send(chunk, 0, chunk.length);
    return !this.#isBlocked;
  }

  end(trailers?: HeaderList): void {
    if (this.#isEnded) return;
    if (this.#framing === "length" && this.bodyBytes !== this.#expected) {
      return this.fail(new GatewayError("internal", { cause: "a body is shorter than its Content-Length" }));
    }
    if (this.#framing === "chunked") this.#addLast(trailers);
    this.#isEnded = true;
    this.#source = undefined;
    if (this.#head.length > 0) this.#flushHead();
    this.#isUntold = this.#isBlocked;
    if (!this.#isBlocked) this.#owner.onMessageSent();
  }

  fail(error: GatewayError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const source = this.#source;
    this.#source = undefined;
    this.#head = NOTHING;
    this.#owner.onMessageFailed(error);
    source?.cancel(error);
  }

  /** The connection is gone or given up: lets go of the source. */
  abandon(error: GatewayError): void {
    this.#isEnded = true;
    this.#isUntold = false;
    this.#socket = undefined;
    this.#leaveOut();
    this.#queue = [];
    this.#head = NOTHING;
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

  /** The body is what comes last, so what has not left is of it; frames of chunks among that count as if they were. */
  #leaveOut(): void {
    let unsent = this.#lost;
    for (const bytes of this.#queue) unsent += bytes.length;
    this.bodyBytes = Math.max(0, this.bodyBytes - unsent);
    this.#lost = 0;
  }

  #begin(framing: WriteFraming, length: number): void {
    this.#head = NOTHING;
    this.#framing = framing;
    this.#expected = length;
    this.#isEnded = false;
    this.bodyBytes = 0;
    this.hasSent = false;
    this.#lost = 0;
  }

  #flushHead(): void {
    const head = this.#head;
    this.#head = NOTHING;
    this.#send(head, 0, head.length);
  }

  /** A body behind its head, which is where it was composed. */
  #sendBehind(head: HeadBuffer, body: Body): void {
    const length = body.length ?? 0;
    this.bodyBytes = length;
    if (this.#framing === "chunked") head.text(`${length.toString(16)}\r\n`);
    const bytes = length > JOIN_BYTES ? body.inMemory : undefined;
    if (bytes === undefined) body.copyTo(head);
    this.#send(head.bytes, 0, head.size);
    if (bytes !== undefined) this.#send(bytes, 0, length);
    if (this.#framing === "chunked") this.#head = LINE_END;
  }

  /** A chunk behind the head that still has to go. */
  #sendJoined(chunk: Uint8Array): void {
    const head = this.#head;
    if (chunk.length > JOIN_BYTES || head.length + chunk.length > scratch.length) {
      this.#flushHead();
      return this.#send(chunk, 0, chunk.length);
    }
    this.#head = NOTHING;
    scratch.set(head);
    scratch.set(chunk, head.length);
    this.#send(scratch, 0, head.length + chunk.length);
  }

  /** RFC 9112 §7.1. */
  #sendChunk(chunk: Uint8Array): void {
    if (this.#head.length + chunk.length > scratch.length - MAX_CHUNK_FRAME) {
      if (this.#head.length > 0) this.#flushHead();
    }
    const head = this.#head;
    this.#head = NOTHING;
    scratch.set(head);
    let size = head.length;
    size += scratch.write(`${chunk.length.toString(16)}\r\n`, size, "latin1");
    if (chunk.length > JOIN_BYTES) {
      this.#send(scratch, 0, size);
      this.#send(chunk, 0, chunk.length);
      size = 0;
    } else {
      scratch.set(chunk, size);
      size += chunk.length;
    }
    size += scratch.write("\r\n", size, "latin1");
    this.#send(scratch, 0, size);
  }

  #addLast(trailers: HeaderList | undefined): void {
    const last = Buffer.from(`0\r\n${trailers === undefined ? "" : trailerLines(trailers)}\r\n`, "latin1");
    this.#head = this.#head.length === 0 ? last : Buffer.concat([this.#head, last]);
  }

  #send(bytes: Uint8Array, offset: number, length: number): void {
    if (this.#isBlocked) {
      this.#keep(bytes, offset, length);
      return;
    }
    const taken = this.#socket === undefined ? -1 : this.#socket.write(bytes, offset, length);
    if (taken > 0) this.hasSent = true;
    // Closed: the close event tells the owner.
    if (taken < 0) this.#lost += length;
    if (taken < 0 || taken === length) return;
    this.#isBlocked = true;
    this.#keep(bytes, offset + taken, length - taken);
    this.#owner.onBlocked(true);
  }

  /** What is shared is written over at the next message, so what is kept of it is copied. */
  #keep(bytes: Uint8Array, offset: number, length: number): void {
    const rest = bytes.subarray(offset, offset + length);
    const isShared = bytes === scratch || bytes === headBuffer.bytes;
    this.#queue.push(isShared ? Buffer.from(rest) : rest);
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
