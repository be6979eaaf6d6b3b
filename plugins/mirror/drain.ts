import { type Body, type BodySink, type BodySource, GatewayError } from "../../src/plugin.ts";

/** More of a reply than this is not worth waiting for: its connection is closed instead of being used again. */
const MOST_BYTES = 1_048_576;

/** Reads a reply's body and keeps nothing of it, so that its connection can be used again. */
export class Drain implements BodySink {
  readonly #source: BodySource | undefined;
  readonly #onEnd: (error: GatewayError | undefined) => void;
  #isOver = false;
  #size = 0;

  /** @param onEnd told once: it has ended, or why it has not; not if it has been cancelled */
  constructor(body: Body, onEnd: (error: GatewayError | undefined) => void) {
    this.#onEnd = onEnd;
    this.#source = body.isInMemory ? undefined : body.take();
  }

  start(): void {
    if (this.#source === undefined) this.#finish(undefined);
    else this.#source.start(this);
  }

  cancel(error: GatewayError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source?.cancel(error);
  }

  write(chunk: Uint8Array): boolean {
    this.#size += chunk.byteLength;
    if (this.#isOver || this.#size <= MOST_BYTES) return true;
    this.#source?.cancel(new GatewayError("client_closed"));
    this.#finish(undefined);
    return false;
  }

  end(): void {
    this.#finish(undefined);
  }

  fail(error: GatewayError): void {
    this.#finish(error);
  }

  #finish(error: GatewayError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd(error);
  }
}
