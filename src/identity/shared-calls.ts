/** Calls on their way, by key: who asks for the same thing meanwhile waits for the same answer. */
export class SharedCalls<T> {
  readonly #calls = new Map<string, Promise<T>>();

  /** Calls on their way. */
  get size(): number {
    return this.#calls.size;
  }

  /** Whether that call is the one whose answer counts: it was not forgotten meanwhile. */
  run(key: string, call: (isCurrent: () => boolean) => Promise<T>): Promise<T> {
    const running = this.#calls.get(key);
    if (running !== undefined) return running;
    const isCurrent = () => this.#calls.get(key) === started;
    const started: Promise<T> = call(isCurrent).finally(() => {
      if (isCurrent()) this.#calls.delete(key);
    });
    this.#calls.set(key, started);
    return started;
  }

  /** Whoever asks from now on starts a call of their own. */
  forget(key: string): void {
    this.#calls.delete(key);
  }

  forgetAll(): void {
    this.#calls.clear();
  }
}
