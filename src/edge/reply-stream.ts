import { GatewayError } from "../errors.ts";
import type { BodySink, BodySource } from "../message/source.ts";
import { Timeout, type TimeoutOwner, type TimeoutQueue } from "../timeouts.ts";

/** Whose reply is sent. */
export interface ReplyStreamOwner {
  /** All of it has been taken, unless there is an error; told once, perhaps before there is a stream. */
  onStreamEnd(error: GatewayError | undefined, bytes: number): void;
}

/** Bytes of a reply that wait for Bun to take them, then the source is paused. */
const HIGH_WATER = 65_536;

/** The body of a reply as the web stream that Bun sends, with back-pressure: what the client does not take is not read. */
export class ReplyStream implements BodySink, TimeoutOwner {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #owner: ReplyStreamOwner;
  readonly #source: BodySource;
  readonly #sendQueue: TimeoutQueue;
  /** Waiting for the client to take bytes. */
  readonly #sending = new Timeout(this);
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  #bytes = 0;
  #isEnded = false;

  constructor(source: BodySource, sendQueue: TimeoutQueue, owner: ReplyStreamOwner) {
    this.#source = source;
    this.#sendQueue = sendQueue;
    this.#owner = owner;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => this.#start(controller),
        pull: () => this.#pull(),
        cancel: (cause) => this.abort(new GatewayError("client_closed", { cause })),
      },
      { highWaterMark: HIGH_WATER, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  write(chunk: Uint8Array): boolean {
    const controller = this.#controller;
    if (controller === undefined || this.#isEnded) return false;
    this.#bytes += chunk.length;
    controller.enqueue(chunk);
    const wantsMore = (controller.desiredSize ?? 0) > 0;
    if (!wantsMore && !this.#sending.isSet) this.#sending.set(this.#sendQueue);
    return wantsMore;
  }

  /** Trailers have no way through Bun. */
  end(): void {
    if (this.#isEnded) return;
    this.#controller?.close();
    this.#finish(undefined);
  }

  /** What the client has is not whole: its stream is reset, so that it does not look so. */
  fail(error: GatewayError): void {
    if (this.#isEnded) return;
    this.#controller?.error(error);
    this.#finish(error);
  }

  /** The client is gone, or must go. */
  abort(error: GatewayError): void {
    if (this.#isEnded) return;
    this.#source.cancel(error);
    this.#finish(error);
  }

  onTimeout(): void {
    const error = new GatewayError("client_closed", { cause: "the client takes nothing" });
    this.#controller?.error(error);
    this.abort(error);
  }

  #start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#source.start(this);
  }

  #pull(): void {
    this.#sending.clear();
    if (!this.#isEnded) this.#source.resume();
  }

  #finish(error: GatewayError | undefined): void {
    this.#isEnded = true;
    this.#sending.clear();
    this.#owner.onStreamEnd(error, this.#bytes);
  }
}
