import { type BodySink, type BodySource, GatewayError, type HeaderList } from "../../src/plugin.ts";
import { forgetContent } from "./eligible.ts";
import type { Encoder } from "./encoders.ts";

/** What is told of a stream. */
export interface StreamObserver {
  /** Once, when it is over, however it ends; the bytes that came and that left. */
  onClose(original: number, compressed: number): void;
}

/**
 * A body that is compressed as it passes. Whenever the source pauses, all that came leaves: an event reaches its
 * reader at once, and a client that reads slowly stops the source.
 */
export class EncodedSource implements BodySource, BodySink {
  readonly length = undefined;
  readonly #source: BodySource;
  readonly #open: () => Encoder;
  readonly #observer: StreamObserver;
  #encoder: Encoder | undefined;
  #sink: BodySink | undefined;
  #trailers: HeaderList | undefined;
  /** Chunks that the encoder has not worked through. */
  #waiting = 0;
  #original = 0;
  #compressed = 0;
  #isEnded = false;
  #isClosed = false;

  constructor(source: BodySource, open: () => Encoder, observer: StreamObserver) {
    this.#source = source;
    this.#open = open;
    this.#observer = observer;
  }

  start(sink: BodySink): void {
    const encoder = this.#open();
    this.#sink = sink;
    this.#encoder = encoder;
    encoder.on("data", (chunk: Buffer) => this.#onData(chunk));
    encoder.on("drain", () => this.#source.resume());
    encoder.on("end", () => this.#finish());
    encoder.on("error", (cause: Error) => this.#break(cause));
    this.#source.start(this);
  }

  resume(): void {
    this.#encoder?.resume();
  }

  cancel(error: GatewayError): void {
    this.#close();
    this.#source.cancel(error);
  }

  write(chunk: Uint8Array): boolean {
    const encoder = this.#encoder;
    if (encoder === undefined) return false;
    this.#original += chunk.byteLength;
    this.#waiting++;
    return encoder.write(chunk, this.#onTaken);
  }

  end(trailers?: HeaderList): void {
    if (trailers !== undefined) forgetContent(trailers);
    this.#trailers = trailers;
    this.#isEnded = true;
    this.#encoder?.end();
  }

  fail(error: GatewayError): void {
    const sink = this.#sink;
    this.#close();
    sink?.fail(error);
  }

  readonly #onTaken = (): void => {
    if (--this.#waiting === 0 && !this.#isEnded) this.#encoder?.flush();
  };

  #onData(chunk: Buffer): void {
    this.#compressed += chunk.byteLength;
    if (this.#sink?.write(chunk) === false) this.#encoder?.pause();
  }

  #finish(): void {
    const sink = this.#sink;
    this.#close();
    sink?.end(this.#trailers);
  }

  #break(cause: Error): void {
    const error = new GatewayError("internal", { cause });
    this.#source.cancel(error);
    this.fail(error);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sink = undefined;
    this.#encoder?.destroy();
    this.#encoder = undefined;
    this.#observer.onClose(this.#original, this.#compressed);
  }
}
