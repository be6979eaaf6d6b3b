import type { GatewayError } from "../../src/errors.ts";
import type { BodySink, BodySource } from "../../src/message/source.ts";
import type { HeaderList } from "../../src/message/headers.ts";

/** A source that a test drives by hand; it writes down what it is told. */
export class ManualSource implements BodySource {
  readonly calls: string[] = [];
  readonly length: number | undefined;
  #sink: BodySink | undefined;

  constructor(length?: number) {
    this.length = length;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.calls.push("start");
  }

  resume(): void {
    this.calls.push("resume");
  }

  cancel(error: GatewayError): void {
    this.#sink = undefined;
    this.calls.push(`cancel ${error.code}`);
  }

  /** What the sink answers; false if there is none any more. */
  write(text: string): boolean {
    return this.#sink?.write(Buffer.from(text)) ?? false;
  }

  end(trailers?: HeaderList): void {
    this.#sink?.end(trailers);
  }

  fail(error: GatewayError): void {
    this.#sink?.fail(error);
  }
}

/** A source that has all of its chunks at hand when it is started. */
export function sourceOf(...chunks: string[]): BodySource {
  return {
    length: undefined,
    start(sink) {
      for (const chunk of chunks) sink.write(Buffer.from(chunk));
      sink.end();
    },
    resume: () => undefined,
    cancel: () => undefined,
  };
}

/** The code of the GatewayError that it rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return await promise.then(
    () => undefined,
    (error: GatewayError) => error.code,
  );
}
