import type { BodySink, BodySource, GatewayError, HeaderList } from "../../src/plugin.ts";

/** How a content has ended: whole, with its trailers, or by an error. */
export interface FillEnd {
  readonly error?: GatewayError;
  readonly trailers?: HeaderList | undefined;
}

/** A content on its way, as its readers see it. */
export interface ReadFill {
  readonly length: number | undefined;
  /** Undefined while there is more to come. */
  readonly outcome: FillEnd | undefined;
  /** The chunk at that place, from the first one on. */
  chunkAt(index: number): Uint8Array | undefined;
  /** One of them has taken chunks, and may be the slowest. */
  onTaken(): void;
  /** One of them has left, or has all of it. */
  onLeft(reader: FillReader): void;
}

/** One reader's view of a content on its way. */
export class FillReader implements BodySource {
  readonly length: number | undefined;
  /** The place of the next chunk. */
  at = 0;
  readonly #fill: ReadFill;
  #sink: BodySink | undefined = undefined;
  #isPaused = false;
  #isPumping = false;
  /** Why it gets no more, if the others have gone on without it. */
  #cut: GatewayError | undefined = undefined;

  constructor(fill: ReadFill) {
    this.#fill = fill;
    this.length = fill.length;
  }

  start(sink: BodySink): void {
    this.#sink = sink;
    this.pump();
    this.#fill.onTaken();
  }

  /** Whether it has all there is, and would take more. */
  get isWaiting(): boolean {
    return this.#sink !== undefined && !this.#isPaused;
  }

  /** Fails it alone, at once or when it is started: what it has not had is not kept for it. */
  leaveBehind(error: GatewayError): void {
    this.#cut = error;
    this.#isPaused = false;
    this.#tellEnd();
  }

  resume(): void {
    this.#isPaused = false;
    this.pump();
    this.#fill.onTaken();
  }

  cancel(): void {
    this.#sink = undefined;
    this.#fill.onLeft(this);
  }

  /** Hands over what there is, until the sink takes no more; a sink may resume from within a `write`. */
  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#sink !== undefined && !this.#isPaused && this.#cut === undefined) {
      const chunk = this.#fill.chunkAt(this.at);
      if (chunk === undefined) break;
      this.at++;
      this.#isPaused = !this.#sink.write(chunk);
    }
    this.#isPumping = false;
    if (!this.#isPaused) this.#tellEnd();
  }

  #tellEnd(): void {
    const outcome = this.#cut === undefined ? this.#fill.outcome : { error: this.#cut };
    const sink = this.#sink;
    if (outcome === undefined || sink === undefined) return;
    this.#sink = undefined;
    this.#fill.onLeft(this);
    if (outcome.error !== undefined) sink.fail(outcome.error);
    else sink.end(outcome.trailers);
  }
}
