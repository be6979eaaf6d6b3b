import type { GatewayError } from "../errors.ts";
import type { HeaderList } from "./headers.ts";
import type { BodySink, BodySource } from "./source.ts";

/**
 * A stage that a body passes as it is, between its source and whoever reads it. What a stage is for it does by overriding one of
 * the methods, and calling that of this class for what is the same for all.
 */
export class PassingBody implements BodySource, BodySink {
  readonly length: number | undefined;
  readonly #source: BodySource;
  /** Who reads it; undefined before the start, and after a cancel: nobody is told any more then. */
  protected sink: BodySink | undefined = undefined;

  constructor(source: BodySource) {
    this.length = source.length;
    this.#source = source;
  }

  start(sink: BodySink): void {
    this.sink = sink;
    this.#source.start(this);
  }

  resume(): void {
    this.#source.resume();
  }

  cancel(error: GatewayError): void {
    this.sink = undefined;
    this.#source.cancel(error);
  }

  write(chunk: Uint8Array): boolean {
    return this.sink?.write(chunk) ?? false;
  }

  end(trailers?: HeaderList): void {
    this.sink?.end(trailers);
  }

  fail(error: GatewayError): void {
    this.sink?.fail(error);
  }
}
