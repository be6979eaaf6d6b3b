import { Timeout, type TimeoutOwner, type TimeoutQueue } from "../../timeouts.ts";
import { StoreError } from "../error.ts";
import type { Wait } from "../store.ts";

/** Told once how a call ended for its caller. */
export interface CallOwner {
  onAnswer(ms: number): void;
  /** @param requests how many waited for it */
  onFailure(error: StoreError, requests: number): void;
}

/** One call on its way: answered, failed, out of time or given up, whatever comes first. */
export class PendingCall implements TimeoutOwner {
  readonly promise: Promise<unknown>;
  readonly #startedAt = performance.now();
  readonly #timeout = new Timeout(this);
  readonly #owner: CallOwner;
  readonly #signal: AbortSignal | undefined;
  #resolve: (value: unknown) => void = () => {};
  #reject: (error: StoreError) => void = () => {};
  #ownTimer: Timer | undefined = undefined;
  readonly #requests: number;
  #isSettled = false;

  constructor(owner: CallOwner, queue: TimeoutQueue, wait: Wait | undefined, requests: number) {
    this.#owner = owner;
    this.#requests = requests;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timeout.set(queue, this.#startedAt);
    this.#signal = wait?.signal;
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (wait?.timeoutMs !== undefined && wait.timeoutMs < queue.ms) {
      this.#ownTimer = setTimeout(() => this.onTimeout(), wait.timeoutMs);
    }
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  answer(value: unknown): void {
    if (!this.#settle()) return;
    this.#owner.onAnswer(performance.now() - this.#startedAt);
    this.#resolve(value);
  }

  fail(error: StoreError): void {
    if (!this.#settle()) return;
    this.#owner.onFailure(error, this.#requests);
    this.#reject(error);
  }

  onTimeout(): void {
    this.fail(new StoreError("timeout", "Redis did not answer in time"));
  }

  readonly #onAbort = (): void => {
    this.fail(new StoreError("aborted", "the caller has stopped waiting"));
  };

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#timeout.clear();
    if (this.#ownTimer !== undefined) clearTimeout(this.#ownTimer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    return true;
  }
}
