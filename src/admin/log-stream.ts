import type { LineFilter } from "../observe/tail/filter.ts";
import type { LineReader, LogTail } from "../observe/tail/log-tail.ts";

/** UTF-16 units of events that wait for a reader who is slow; further lines are lost to that reader. */
const MOST_WAITING = 524_288;
/** Whatever is between would take a quiet connection for a dead one. */
const KEEP_ALIVE_MS = 15_000;

/** The log as a stream of server-sent events, made only as fast as it is read. */
export class LogStream implements LineReader {
  readonly #tail: LogTail;
  #waiting = "";
  #lost = 0;
  #isEnded = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  /** Somebody waits for the next event. */
  #pulled: (() => void) | undefined = undefined;
  #timer: Timer | undefined = undefined;

  private constructor(tail: LogTail) {
    this.#tail = tail;
  }

  /** Undefined: too many read already. */
  static open(tail: LogTail, filter: LineFilter): ReadableStream<Uint8Array> | undefined {
    const stream = new LogStream(tail);
    // The head of the reply goes out with the first bytes, also where there is no line yet.
    stream.#waiting = ":\n\n";
    return tail.read(filter, stream) ? stream.#start() : undefined;
  }

  onLine(line: string): void {
    if (this.#waiting.length + line.length > MOST_WAITING) {
      this.#lost++;
      return;
    }
    this.#waiting += `${this.#lostEvent()}data: ${line}\n\n`;
    this.#flush();
  }

  onEnd(): void {
    this.#isEnded = true;
    this.#flush();
  }

  #start(): ReadableStream<Uint8Array> {
    this.#timer = setInterval(() => this.#keepAlive(), KEEP_ALIVE_MS);
    this.#timer.unref();
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#leave(),
      },
      { highWaterMark: 0 },
    );
  }

  #pull(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#pulled = resolve;
    this.#flush();
    return promise;
  }

  /** Hands all that waits to who waits for it. */
  #flush(): void {
    const pulled = this.#pulled;
    if (pulled === undefined) return;
    const text = this.#waiting + this.#lostEvent();
    if (text === "" && !this.#isEnded) return;
    this.#pulled = undefined;
    this.#waiting = "";
    if (text !== "") this.#controller?.enqueue(Buffer.from(text));
    if (this.#isEnded) {
      this.#leave();
      this.#controller?.close();
    }
    pulled();
  }

  /** Tells, once, how many lines have been lost. */
  #lostEvent(): string {
    if (this.#lost === 0) return "";
    const event = `event: lost\ndata: {"lines":${this.#lost}}\n\n`;
    this.#lost = 0;
    return event;
  }

  #keepAlive(): void {
    if (this.#waiting === "") this.#waiting = ":\n\n";
    this.#flush();
  }

  #leave(): void {
    clearInterval(this.#timer);
    this.#tail.leave(this);
  }
}
