import type { BodySink, BodySource, GatewayError, HeaderList } from "../../src/plugin.ts";

/** A body that passes as it is; somebody is told when all of it has come. */
export class Noticed implements BodySource, BodySink {
  readonly length: number | undefined;
  readonly #source: BodySource;
  readonly #onEnd: () => void;
  #sink: BodySink | undefined = undefined;

  constructor(source: BodySource, onEnd: () => void) {
    this.length = source.length;
    this.#source = source;
    this.#onEnd = onEnd;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.#source.start(this);
  }

  resume(): void {
    this.#source.resume();
  }

  cancel(error: GatewayError): void {
    this.#sink = undefined;
    this.#source.cancel(error);
  }

  write(chunk: Uint8Array): boolean {
    return this.#sink?.write(chunk) ?? false;
  }

  end(trailers?: HeaderList): void {
    this.#sink?.end(trailers);
    this.#onEnd();
  }

  fail(error: GatewayError): void {
    this.#sink?.fail(error);
  }
}
