import type { GatewayError } from "../errors.ts";
import type { HeaderList } from "./headers.ts";
import type { BodySink, BodySource } from "./source.ts";

/** What becomes of the copy of a body: its bytes, or undefined if it grew too long or never became whole. */
export type OnCopied = (content: Uint8Array | undefined) => void;

/**
 * A body that is noted as it passes, up to a limit; nothing is held back, and nobody is told to wait. The copy is complete when
 * the body is.
 */
export class Tee implements BodySource, BodySink {
  readonly length: number | undefined;
  readonly #source: BodySource;
  readonly #limit: number;
  readonly #begin: () => OnCopied | undefined;
  #onCopied: OnCopied | undefined = undefined;
  #sink: BodySink | undefined;
  #chunks: Uint8Array[] = [];
  #size = 0;

  /** @param begin asked when the body begins to pass: whom to tell, or undefined if it shall not be noted */
  constructor(source: BodySource, limit: number, begin: () => OnCopied | undefined) {
    this.length = source.length;
    this.#source = source;
    this.#limit = limit;
    this.#begin = begin;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#onCopied = this.#begin();
    this.#source.start(this);
  }

  resume(): void {
    this.#source.resume();
  }

  cancel(error: GatewayError): void {
    this.#finish(undefined);
    this.#sink = undefined;
    this.#source.cancel(error);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#onCopied !== undefined) this.#note(chunk);
    return this.#sink?.write(chunk) ?? false;
  }

  end(trailers?: HeaderList): void {
    this.#sink?.end(trailers);
    this.#finish(Buffer.concat(this.#chunks));
  }

  fail(error: GatewayError): void {
    this.#sink?.fail(error);
    this.#finish(undefined);
  }

  #note(chunk: Uint8Array): void {
    this.#size += chunk.byteLength;
    if (this.#size > this.#limit) this.#finish(undefined);
    else this.#chunks.push(chunk);
  }

  #finish(content: Uint8Array | undefined): void {
    const onCopied = this.#onCopied;
    this.#onCopied = undefined;
    this.#chunks = [];
    onCopied?.(content);
  }
}
