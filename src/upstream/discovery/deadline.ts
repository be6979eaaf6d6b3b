/** Aborts a request when its signal does, or when a time is over that can be set anew. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #host: string;
  #timer: Timer | undefined = undefined;
  #reason: Error | undefined = undefined;

  constructor(outer: AbortSignal, host: string) {
    this.#outer = outer;
    this.#host = host;
    if (outer.aborted) this.abort();
    else outer.addEventListener("abort", this.abort);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it has aborted, if that was for the time. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** From now on there are so many ms. */
  set(ms: number): void {
    clearTimeout(this.#timer);
    if (this.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#reason = new Error(`${this.#host} has not answered within ${ms} ms`);
      this.abort();
    }, ms);
  }

  /** The end has come by itself. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener("abort", this.abort);
  }

  readonly abort = (): void => {
    this.clear();
    this.#controller.abort();
  };
}
