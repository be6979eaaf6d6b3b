import type { GatewayError } from "../errors.ts";
import type { HeaderList } from "./headers.ts";

/** Where the bytes of a body go. */
export interface BodySink {
  /** Takes a chunk. False asks the source to pause until it is resumed; a chunk that comes anyway is still taken. */
  write(chunk: Uint8Array): boolean;
  /** The body is complete. */
  end(trailers?: HeaderList): void;
  /** The body will never be complete. */
  fail(error: GatewayError): void;
}

/**
 * Where the bytes of a body come from. It is started once; it then calls its sink, possibly before `start` returns,
 * any number of `write` and exactly one of `end` and `fail`, unless it is cancelled first.
 */
export interface BodySource {
  /** Bytes to come, if known (Content-Length). */
  readonly length: number | undefined;
  start(sink: BodySink): void;
  /** The sink that answered false to a `write` takes more. */
  resume(): void;
  /** Nobody wants the rest: the sink is not called again. */
  cancel(error: GatewayError): void;
}
