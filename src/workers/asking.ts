import type { Answers, Question, Subject, ToWorker } from "./messages.ts";

/** Questions to one worker that are not answered yet; one more is not asked. */
const MOST_PENDING = 64;

/** What one process was asked, until it answers, its time is up, or it ends. */
export class Asking {
  readonly #send: (message: ToWorker) => void;
  readonly #pending = new Map<number, (value: unknown) => void>();
  #lastId = 0;

  constructor(send: (message: ToWorker) => void) {
    this.#send = send;
  }

  /** As many wait as may: who asks now gets no answer, which says nothing of the process. */
  get isFull(): boolean {
    return this.#pending.size >= MOST_PENDING;
  }

  /** The answer; undefined if there is none within that many ms. */
  async ask<S extends Subject>(question: Question<S>, ms: number): Promise<Answers[S] | undefined> {
    if (this.isFull) return undefined;
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#pending.set(id, resolve);
    const timer = setTimeout(() => resolve(undefined), ms);
    this.#send({ kind: "ask", id, question });
    const value = await promise;
    clearTimeout(timer);
    this.#pending.delete(id);
    return value as Answers[S] | undefined;
  }

  onAnswer(id: number, value: unknown): void {
    this.#pending.get(id)?.(value);
  }

  /** The process has ended. */
  close(): void {
    for (const resolve of this.#pending.values()) resolve(undefined);
  }
}
