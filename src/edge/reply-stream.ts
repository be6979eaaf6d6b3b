import { GatewayError } from "../errors.ts";
import type { BodySink, BodySource } from "../message/source.ts";
import { Timeout, type TimeoutOwner, type TimeoutQueue } from "../timeouts.ts";

/** Whose reply is sent. */
export interface ReplyStreamOwner {
  /** All of it has been taken, unless there is an error; told once, perhaps before there is a stream. */
  onStreamEnd(error: GatewayError | undefined, bytes: number): void;
}

export interface ReplyStreamOptions {
  /** Without the client taking a byte. */
  readonly sendQueue: TimeoutQueue;
  /** Whether a client can tell a body that breaks off from one that is whole; if not, it is left without an end. */
  readonly canBreakOff: boolean;
}

/** Bytes of a reply that wait for Bun to take them, then the source is paused. */
const HIGH_WATER = 65_536;

/** The body of a reply as the web stream that Bun sends, with back-pressure: what the client does not take is not read. */
export class ReplyStream implements BodySink, TimeoutOwner {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #owner: ReplyStreamOwner;
  readonly #source: BodySource;
  readonly #options: ReplyStreamOptions;
  /** Waiting for the client to take bytes. */
  readonly #sending = new Timeout(this);
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  #bytes = 0;
  #isEnded = false;

  constructor(source: BodySource, options: ReplyStreamOptions, owner: ReplyStreamOwner) {
    this.#source = source;
    this.#options = options;
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
    if (!wantsMore && !this.#sending.isSet) this.#sending.set(this.#options.sendQueue);
    return wantsMore;
  }

  /** Trailers have no way through Bun. */
  end(): void {
    if (this.#isEnded) return;
    this.#controller?.close();
    this.#finish(undefined);
  }

  /** What the client has is not whole, and must not look it. */
  fail(error: GatewayError): void {
    if (this.#isEnded) return;
    this.#breakOff(error);
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
    this.#breakOff(error);
    this.abort(error);
  }

  #start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    this.#source.start(this);
  }

  #breakOff(error: GatewayError): void {
    if (this.#options.canBreakOff) this.#controller?.error(error);
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
