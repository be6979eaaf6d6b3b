import type { RequestTrace } from "../context/trace.ts";
import type { HeadBuffer } from "../http1/head-buffer.ts";
import type { WriteLines } from "./lines.ts";
import { traceparentOf } from "./traceparent.ts";

/** A trace that the gateway records nothing of, but tells services of: its ids are read only where somebody asks. */
export class UnrecordedTrace implements RequestTrace {
  readonly isSampled = false;
  readonly #ids: string;
  readonly #at: number;
  readonly #write: WriteLines | undefined;
  readonly #isFlagged: boolean;

  /**
   * @param ids as `WriteLines` has them
   * @param write undefined: the headers that came go on as they are
   * @param isFlagged others record it, and services are told so
   */
  constructor(ids: string, at: number, write: WriteLines | undefined, isFlagged: boolean) {
    this.#ids = ids;
    this.#at = at;
    this.#write = write;
    this.#isFlagged = isFlagged;
  }

  get traceId(): string {
    return this.#ids.slice(this.#at, this.#at + 32);
  }

  get spanId(): string {
    return this.#ids.slice(this.#at + 32, this.#at + 48);
  }

  get traceparent(): string {
    return traceparentOf(this.traceId, this.spanId, this.#isFlagged);
  }

  get root(): RequestTrace {
    return this;
  }

  writeTo(head: HeadBuffer): void {
    this.#write?.(head, this.#ids, this.#at, this.#isFlagged);
  }

  set(): void {}
}
