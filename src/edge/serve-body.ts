import { GatewayError } from "../errors.ts";
import type { BodySink, BodySource } from "../message/source.ts";
import { sourceOfStream } from "../message/stream.ts";
import { Timeout, type TimeoutOwner, type TimeoutQueue } from "../timeouts.ts";
import { BodyPace } from "./body-pace.ts";

export interface ServeBodyLimits {
  /** Bytes; more fails the body with `payload_too_large`. */
  readonly bodyBytes: number;
  /** Without a byte of a body that somebody waits for. */
  readonly bodyQueue: TimeoutQueue;
  /** Of a body, in one wait of `bodyQueue`. */
  readonly bodyLeastBytes: number;
}

/** The body of an HTTP/2 or HTTP/3 request: counted, held to its Content-Length and bounded in time. */
export class ServeBody implements BodySource, BodySink, TimeoutOwner {
  readonly length: number | undefined;
  /** Bytes so far. */
  received = 0;
  readonly #limits: ServeBodyLimits;
  readonly #from: BodySource;
  readonly #pace: BodyPace;
  readonly #waiting = new Timeout(this);
  #sink: BodySink | undefined = undefined;
  #error: GatewayError | undefined = undefined;

  constructor(stream: ReadableStream<Uint8Array>, length: number | undefined, limits: ServeBodyLimits) {
    this.length = length;
    this.#limits = limits;
    this.#pace = new BodyPace(limits.bodyLeastBytes);
    this.#from = sourceOfStream(stream);
  }

  start(sink: BodySink): void {
    if (this.#error !== undefined) return sink.fail(this.#error);
    this.#sink = sink;
    this.#waiting.set(this.#limits.bodyQueue);
    this.#from.start(this);
  }

  resume(): void {
    if (this.#sink === undefined) return;
    this.#pace.restart();
    this.#waiting.set(this.#limits.bodyQueue);
    this.#from.resume();
  }

  cancel(error: GatewayError): void {
    this.#error ??= error;
    this.#close();
    this.#from.cancel(error);
  }

  write(chunk: Uint8Array): boolean {
    this.received += chunk.length;
    if (this.received > this.#limits.bodyBytes) return this.#refuse(new GatewayError("payload_too_large"));
    if (this.length !== undefined && this.received > this.length) return this.#refuse(wrongLength());
    const wantsMore = this.#sink?.write(chunk) ?? false;
    if (!wantsMore || this.#sink === undefined) this.#waiting.clear();
    else if (this.#pace.take(chunk.length)) this.#waiting.set(this.#limits.bodyQueue);
    return wantsMore;
  }

  end(): void {
    if (this.length !== undefined && this.received !== this.length) return this.abort(wrongLength());
    this.#close()?.end();
  }

  /** Bun's stream fails when the client's stream or connection ends before the body does. */
  fail(cause: GatewayError): void {
    this.abort(new GatewayError("client_closed", { cause }));
  }

  /** It will never be complete. */
  abort(error: GatewayError): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    this.#close()?.fail(error);
  }

  onTimeout(): void {
    this.#refuse(new GatewayError("request_timeout"));
  }

  #refuse(error: GatewayError): false {
    this.#from.cancel(error);
    this.abort(error);
    return false;
  }

  #close(): BodySink | undefined {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#waiting.clear();
    return sink;
  }
}

/** RFC 9113 §8.1.1, RFC 9114 §4.1.2. */
function wrongLength(): GatewayError {
  return new GatewayError("bad_request", { detail: "The body is not as long as its Content-Length says" });
}
