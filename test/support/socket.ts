import { Inbox } from "./inbox.ts";
import { PATIENCE_MS, until } from "./until.ts";

/** The part of Bun's socket that the raw tools use; its type lacks some of what is there. */
interface Wire {
  write(data: Uint8Array, offset?: number, length?: number): number;
  pause(): void;
  resume(): void;
  shutdown(): void;
  end(): void;
  terminate(): void;
}

export interface WaitOptions {
  /** Ms; `PATIENCE_MS` unless told. */
  readonly timeout?: number;
}

/**
 * One raw TCP (or TLS) connection, of either side. Strings are latin1: a character is an octet. Whatever waits has a
 * deadline and rejects with what was received so far.
 */
export class RawSocket {
  readonly inbox = new Inbox();
  readonly #wire: Wire;
  readonly #queue: Uint8Array[] = [];
  readonly #onDrained: (() => void)[] = [];
  /** Bytes that the kernel has taken. */
  sent = 0;
  isClosed = false;
  /** The other side has ended its half, or the whole. */
  isEnded = false;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Sends; resolves when the kernel has taken it all, or the connection is closed. */
  send(data: string | Uint8Array): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    this.#queue.push(typeof data === "string" ? Buffer.from(data, "latin1") : data);
    this.flush();
    if (this.#queue.length === 0 || this.isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  /**
   * Takes bytes up to and including a text, the first match of an expression, or an end told by a function (which
   * answers undefined while there is none). Answers latin1.
   */
  async readUntil(
    pattern: string | RegExp | ((text: string) => number | undefined),
    { timeout = PATIENCE_MS }: WaitOptions = {},
  ): Promise<string> {
    const bytes = await this.inbox.take((all, from) => endOf(pattern, all, from), timeout, `${pattern} came`);
    return bytes.toString("latin1");
  }

  /** Takes everything up to the end of the connection. */
  async readAll({ timeout = PATIENCE_MS }: WaitOptions = {}): Promise<Buffer> {
    const atEnd = (all: Buffer) => (this.inbox.ending === undefined ? -1 : all.byteLength);
    return await this.inbox.take(atEnd, timeout, "the connection ended");
  }

  /** Resolves when the connection is gone in both directions. */
  async waitForClosed(options: WaitOptions = {}): Promise<void> {
    await until(() => this.isClosed, { ...options, what: () => `the connection closed; ${this.inbox.quote()}` });
  }

  /** Resolves when at least so many bytes arrived in all; works while they are discarded, too. */
  async waitForBytes(count: number, options: WaitOptions = {}): Promise<void> {
    const what = () => `${count} bytes came; there were ${this.inbox.total}`;
    await until(() => this.inbox.total >= count, { ...options, what });
  }

  /** Stops reading: the kernel's buffers fill, and the sender stalls. */
  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  /** Sends FIN and goes on reading. */
  halfClose(): void {
    this.#wire.shutdown();
  }

  close(): void {
    this.#wire.end();
  }

  /** Sends RST. */
  reset(): void {
    this.#wire.terminate();
  }

  /** For the one who made the wire: it takes more. */
  flush(): void {
    for (let chunk = this.#queue[0]; chunk !== undefined; chunk = this.#queue[0]) {
      const taken = this.#wire.write(chunk);
      if (taken < 0) return this.ended("closed", true);
      this.sent += taken;
      if (taken < chunk.byteLength) {
        this.#queue[0] = chunk.subarray(taken);
        return;
      }
      this.#queue.shift();
    }
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  /** For the one who made the wire: no more bytes will come. */
  ended(reason: string, isClosed: boolean): void {
    this.isEnded = true;
    if (isClosed) {
      this.isClosed = true;
      this.#queue.length = 0;
      for (const resolve of this.#onDrained.splice(0)) resolve();
    }
    this.inbox.finish(reason);
  }
}

function endOf(pattern: string | RegExp | ((text: string) => number | undefined), all: Buffer, from: number): number {
  if (typeof pattern === "string") {
    const at = all.indexOf(pattern, from, "latin1");
    return at < 0 ? -1 : at + pattern.length;
  }
  const text = all.toString("latin1", from);
  if (typeof pattern === "function") {
    const end = pattern(text);
    return end === undefined ? -1 : from + end;
  }
  const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(text);
  return match === null ? -1 : from + match.index + match[0].length;
}
