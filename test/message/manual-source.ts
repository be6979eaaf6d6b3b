import type { GatewayError } from "../../src/errors.ts";
import type { BodySink, BodySource } from "../../src/message/source.ts";

/** A source that a test drives by hand; it writes down what it is told. */
export class ManualSource implements BodySource {
  readonly calls: string[] = [];
  readonly length: number | undefined;
  readonly #atStart: ((sink: BodySink) => void) | undefined;
  #sink: BodySink | undefined;

  /** @param atStart runs within `start` */
  constructor(length?: number, atStart?: (sink: BodySink) => void) {
    this.length = length;
    this.#atStart = atStart;
  }

  get sink(): BodySink {
    if (this.#sink === undefined) throw new Error("the source has not been started");
    return this.#sink;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.calls.push("start");
    this.#atStart?.(sink);
  }

  resume(): void {
    this.calls.push("resume");
  }

  cancel(error: GatewayError): void {
    this.calls.push(`cancel ${error.code}`);
  }

  /** What the sink answers to the text, UTF-8. */
  write(text: string): boolean {
    return this.sink.write(Buffer.from(text));
  }
}

/** A source that has all of its chunks at hand when it is started. */
export function sourceOf(...chunks: string[]): BodySource {
  return new ManualSource(undefined, (sink) => {
    for (const chunk of chunks) sink.write(Buffer.from(chunk));
    sink.end();
  });
}

/** The code of the GatewayError that it rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return await promise.then(
    () => undefined,
    (error: GatewayError) => error.code,
  );
}
