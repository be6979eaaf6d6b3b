import type { GatewayError } from "../../src/errors.ts";
import type { Body } from "../../src/message/body.ts";
import type { HeaderList } from "../../src/message/headers.ts";
import type { BodySink } from "../../src/message/source.ts";

/** A message as it was understood; two readings of the same bytes have equal ones. */
export interface Message {
  readonly start: string;
  readonly headers: readonly string[];
  /** Latin1. */
  readonly body: string;
  readonly trailers: readonly string[];
}

/** Takes the body of one message. */
export class Content implements BodySink {
  isWhole = false;
  error: GatewayError | undefined = undefined;
  readonly #start: string;
  readonly #headers: readonly string[];
  #body = "";
  #trailers: readonly string[] = [];

  constructor(start: string, headers: readonly string[], body: Body) {
    this.#start = start;
    this.#headers = [...headers];
    const bytes = body.inMemory;
    if (bytes === undefined) body.take().start(this);
    else this.#takeWhole(bytes);
  }

  #takeWhole(bytes: Uint8Array): void {
    this.write(bytes);
    this.end();
  }

  get message(): Message {
    return { start: this.#start, headers: this.#headers, body: this.#body, trailers: this.#trailers };
  }

  write(chunk: Uint8Array): boolean {
    if (this.isWhole || this.error !== undefined) throw new Error("a body goes on behind its end");
    this.#body += Buffer.from(chunk).toString("latin1");
    return true;
  }

  end(trailers?: HeaderList): void {
    if (this.isWhole || this.error !== undefined) throw new Error("a body ends twice");
    this.#trailers = trailers === undefined ? [] : [...trailers.flat];
    this.isWhole = true;
  }

  fail(error: GatewayError): void {
    if (this.isWhole || this.error !== undefined) throw new Error("a body fails behind its end");
    this.error = error;
  }
}
