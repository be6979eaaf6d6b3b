import type { GatewayError } from "../errors.ts";
import type { HeaderList } from "./headers.ts";
import { PassingBody } from "./passing.ts";
import type { BodySink, BodySource } from "./source.ts";

/** What becomes of the copy of a body: its bytes, or undefined if it grew too long or never became whole. */
export type OnCopied = (content: Uint8Array | undefined) => void;

/**
 * A body that is noted as it passes, up to a limit; nothing is held back, and nobody is told to wait. The copy is complete when
 * the body is.
 */
export class Tee extends PassingBody {
  readonly #limit: number;
  readonly #begin: () => OnCopied | undefined;
  #onCopied: OnCopied | undefined = undefined;
  #chunks: Uint8Array[] = [];
  #size = 0;

  /** @param begin asked when the body begins to pass: whom to tell, or undefined if it shall not be noted */
  constructor(source: BodySource, limit: number, begin: () => OnCopied | undefined) {
    super(source);
    this.#limit = limit;
    this.#begin = begin;
  }

  override start(sink: BodySink): void {
    this.#onCopied = this.#begin();
    super.start(sink);
  }

  override cancel(error: GatewayError): void {
    this.#finish(undefined);
    super.cancel(error);
  }

  override write(chunk: Uint8Array): boolean {
    if (this.#onCopied !== undefined) this.#note(chunk);
    return super.write(chunk);
  }

  override end(trailers?: HeaderList): void {
    super.end(trailers);
    this.#finish(Buffer.concat(this.#chunks));
  }

  override fail(error: GatewayError): void {
    super.fail(error);
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
