/** Finds where what is waited for ends; -1 while it is not there. */
export type Finder = (bytes: Buffer, from: number) => number;

interface Waiter {
  readonly find: Finder;
  resolve(end: number): void;
  reject(error: Error): void;
}

/** The bytes that arrived on a connection, and those who wait for some of them; each wait has a deadline. */
export class Inbox {
  #store = Buffer.alloc(1_024);
  #size = 0;
  #isKeeping = true;
  #see: ((chunk: Uint8Array) => void) | undefined;
  #waiter: Waiter | undefined;
  /** Bytes handed to readers so far: the next reader begins here. */
  #taken = 0;
  /** All bytes that ever arrived, those that were not kept too. */
  total = 0;
  /** Why nothing more will come: "end", or the code of the error. */
  ending: string | undefined;

  /** What no reader has taken yet. */
  get rest(): Buffer {
    return this.#store.subarray(this.#taken, this.#size);
  }

  /** From now on bytes are counted, shown to `see` and thrown away: for streams larger than memory. */
  discard(see?: (chunk: Uint8Array) => void): void {
    this.#isKeeping = false;
    this.#see = see;
  }

  /** Takes that many bytes, which the caller has read through `rest`. */
  skip(count: number): void {
    this.#taken += count;
    this.#compact();
  }

  add(chunk: Uint8Array): void {
    this.total += chunk.byteLength;
    if (this.#isKeeping) this.#keep(chunk);
    else this.#see?.(chunk);
    this.#tell();
  }

  finish(reason: string): void {
    this.ending ??= reason;
    this.#tell();
  }

  /** Takes bytes up to the end that `find` reports; rejects at the deadline or the connection's end. */
  async take(find: Finder, timeoutMs: number, what: string): Promise<Buffer> {
    const end = await this.#wait(find, timeoutMs, what);
    const bytes = Buffer.from(this.#store.subarray(this.#taken, end));
    this.#taken = end;
    this.#compact();
    return bytes;
  }

  /** What all readers are done with is forgotten, so that a long-lived connection stays small. */
  #compact(): void {
    if (this.#taken < this.#size) return;
    this.#taken = 0;
    this.#size = 0;
  }

  #wait(find: Finder, timeoutMs: number, what: string): Promise<number> {
    if (this.#waiter !== undefined) throw new Error("another reader is waiting on this connection");
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${why} before ${what}; received so far: ${this.quote()}`));
      const timer = setTimeout(() => {
        this.#waiter = undefined;
        fail(`${timeoutMs} ms passed`);
      }, timeoutMs);
      const settle = (then: () => void) => {
        clearTimeout(timer);
        this.#waiter = undefined;
        then();
      };
      this.#waiter = {
        find,
        resolve: (end) => settle(() => resolve(end)),
        reject: (error) => settle(() => fail(error.message)),
      };
      this.#tell();
    });
  }

  #tell(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    const end = waiter.find(this.#store.subarray(0, this.#size), this.#taken);
    if (end >= 0) return waiter.resolve(end);
    if (this.ending !== undefined) waiter.reject(new Error(`the connection ended (${this.ending})`));
  }

  #keep(chunk: Uint8Array): void {
    const needed = this.#size + chunk.byteLength;
    if (needed > this.#store.byteLength) {
      const larger = Buffer.alloc(Math.max(needed, this.#store.byteLength * 2));
      this.#store.copy(larger, 0, 0, this.#size);
      this.#store = larger;
    }
    this.#store.set(chunk, this.#size);
    this.#size = needed;
  }

  /** The untaken bytes, for messages. */
  quote(): string {
    const { rest } = this;
    const text = JSON.stringify(rest.subarray(0, 2_000).toString("latin1"));
    return rest.byteLength > 2_000 ? `${text}… (${rest.byteLength} bytes)` : text;
  }
}
