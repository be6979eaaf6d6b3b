import { GatewayError } from "../errors.ts";
import type { BodySink, BodySource } from "./source.ts";

/** A web stream that reads the source: its queue holds about 64 KiB, then the source is paused. */
export function streamOfSource(source: BodySource): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        source.start({
          write(chunk) {
            controller.enqueue(chunk);
            return (controller.desiredSize ?? 0) > 0;
          },
          end: () => controller.close(),
          fail: (error) => controller.error(error),
        });
      },
      pull: () => source.resume(),
      cancel: (reason) => source.cancel(new GatewayError("client_closed", { cause: reason })),
    },
    { highWaterMark: 65_536, size: (chunk) => chunk?.byteLength ?? 0 },
  );
}

/** A source that reads a web stream, one chunk at a time, and only while it is not paused. */
export function sourceOfStream(stream: ReadableStream<Uint8Array>): BodySource {
  return new StreamSource(stream);
}

interface Reader {
  read(): Promise<{ done: boolean; value?: unknown }>;
  cancel(reason: unknown): Promise<void>;
}

class StreamSource implements BodySource {
  readonly length = undefined;
  readonly #reader: Reader;
  #sink: BodySink | undefined;
  #isPaused = false;
  #isReading = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    void this.#pump();
  }

  resume(): void {
    this.#isPaused = false;
    void this.#pump();
  }

  cancel(error: GatewayError): void {
    this.#sink = undefined;
    this.#reader.cancel(error).catch(() => {
      // The stream had failed already: there is nobody left to tell.
    });
  }

  async #pump(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#sink !== undefined && !this.#isPaused) {
        const { done, value } = await this.#reader.read();
        if (this.#sink === undefined) return;
        if (done) return this.#finish();
        if (!this.#sink.write(bytesOf(value))) this.#isPaused = true;
      }
    } catch (error) {
      const sink = this.#sink;
      const failure = GatewayError.from(error);
      this.cancel(failure);
      sink?.fail(failure);
    } finally {
      this.#isReading = false;
    }
  }

  #finish(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.end();
  }
}

/** Streams of web responses may hold text, whatever their type says. */
function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === "string") return Buffer.from(chunk);
  throw new TypeError(`a body stream holds ${typeof chunk} instead of bytes`);
}
