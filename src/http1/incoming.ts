import { GatewayError } from "../errors.ts";
import type { HeaderList } from "../message/headers.ts";
import type { BodySink, BodySource } from "../message/source.ts";
import { ChunkedDecoder, type ChunkedOwner } from "./chunked.ts";

/** The connection that a body arrives on. */
export interface BodyOwner {
  pauseReading(): void;
  resumeReading(): void;
  /** Somebody wants the body now. */
  onBodyStart(): void;
  /** All of it has arrived; not all of it need have been taken. */
  onBodyReceived(): void;
  /** Nobody wants the rest. */
  onBodyCancel(error: GatewayError): void;
}

/** How the end of a body is told: by a count, by its last chunk, or by the end of the connection (RFC 9112 §6.3). */
export type BodyFraming = number | "chunked" | "until-close";

/** A body as it arrives on a connection: the bytes of the wire go in, content comes out to a sink, once there is one. */
export class IncomingBody implements BodySource, ChunkedOwner {
  readonly length: number | undefined;
  /** Bytes of content so far. */
  received = 0;
  isReceived = false;

  readonly #owner: BodyOwner;
  readonly #limit: number;
  readonly #decoder: ChunkedDecoder | undefined;
  #remaining: number;
  #sink: BodySink | undefined = undefined;
  #isStarted = false;
  #wantsPause = false;
  #early: Uint8Array[] | undefined = undefined;
  #trailers: HeaderList | undefined = undefined;
  #error: GatewayError | undefined = undefined;

  /** @param limit bytes of content; more fails the body with `payload_too_large` */
  constructor(framing: BodyFraming, owner: BodyOwner, limit: number) {
    this.length = typeof framing === "number" ? framing : undefined;
    this.#remaining = typeof framing === "number" ? framing : Number.POSITIVE_INFINITY;
    this.#decoder = framing === "chunked" ? new ChunkedDecoder(this) : undefined;
    this.#owner = owner;
    this.#limit = limit;
  }

  get isStarted(): boolean {
    return this.#isStarted;
  }

  /**
   * Takes bytes from `at` on, and returns where the body ended or the bytes did. Throws ProtocolError on bad chunks. A
   * body that has failed has no end: it takes all that comes.
   */
  feed(bytes: Uint8Array, at: number): number {
    if (this.#error !== undefined) return bytes.length;
    this.#wantsPause = false;
    const end = this.#decoder === undefined ? this.#feedCounted(bytes, at) : this.#decoder.decode(bytes, at);
    if (this.#wantsPause && !this.isReceived) this.#owner.pauseReading();
    return end;
  }

  #feedCounted(bytes: Uint8Array, at: number): number {
    const end = Math.min(at + this.#remaining, bytes.length);
    this.#remaining -= end - at;
    this.onChunk(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (this.#remaining === 0) this.onEnd(undefined);
    return end;
  }

  /** The connection has ended; true if that is a proper end of this body. */
  endOfInput(): boolean {
    if (this.length !== undefined || this.#decoder !== undefined) return false;
    if (!this.isReceived) this.onEnd(undefined);
    return true;
  }

  /** It will never be complete. */
  fail(error: GatewayError): void {
    if (this.isReceived || this.#error !== undefined) return;
    this.#error = error;
    this.#early = undefined;
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.fail(error);
  }

  onChunk(data: Uint8Array): void {
    if (this.#error !== undefined || data.length === 0) return;
    this.received += data.length;
    if (this.received > this.#limit) return this.fail(new GatewayError("payload_too_large"));
    if (this.#sink !== undefined) {
      if (!this.#sink.write(data)) this.#wantsPause = true;
    } else if (!this.#isStarted) {
      this.#early ??= [];
      this.#early.push(data);
      this.#wantsPause = true;
    }
  }

  onEnd(trailers: HeaderList | undefined): void {
    if (this.#error !== undefined) return;
    this.isReceived = true;
    this.#trailers = trailers;
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end(trailers);
    this.#owner.onBodyReceived();
  }

  start(sink: BodySink): void {
    this.#isStarted = true;
    if (this.#error !== undefined) return sink.fail(this.#error);
    this.#sink = sink;
    const wantsMore = this.#deliverEarly();
    if (this.#sink === undefined) return;
    if (this.isReceived) {
      this.#sink = undefined;
      return sink.end(this.#trailers);
    }
    this.#owner.onBodyStart();
    if (wantsMore) this.#owner.resumeReading();
  }

  resume(): void {
    this.#wantsPause = false;
    if (!this.isReceived) this.#owner.resumeReading();
  }

  cancel(error: GatewayError): void {
    if (this.#error !== undefined) return;
    this.#sink = undefined;
    this.#isStarted = true;
    this.#early = undefined;
    if (!this.isReceived) this.#owner.onBodyCancel(error);
  }

  /** A sink may cancel while it is being written to: it is then not called again. */
  #deliverEarly(): boolean {
    const early = this.#early;
    this.#early = undefined;
    let wantsMore = true;
    if (early !== undefined) for (const chunk of early) wantsMore = this.#sink?.write(chunk) ?? false;
    return wantsMore;
  }
}
