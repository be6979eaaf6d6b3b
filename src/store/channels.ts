import { StoreError } from "./error.ts";
import type { Subscriber } from "./store.ts";

/** One for each plugin instance and purpose; more are a leak. */
const MAX_SUBSCRIBERS = 10_000;

/** Who listens to which channel, in this process. */
export class Channels {
  readonly #channels = new Map<string, Set<Subscriber>>();
  #count = 0;

  names(): Iterable<string> {
    return this.#channels.keys();
  }

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** The function takes the subscriber out again. Throws StoreError "overloaded" if there are too many. */
  add(channel: string, subscriber: Subscriber): () => void {
    if (this.#count >= MAX_SUBSCRIBERS) throw new StoreError("overloaded", "too many listen to the store");
    // One subscriber may listen twice.
    const own: Subscriber = {
      onMessage: (message) => subscriber.onMessage(message),
      onOpen: () => subscriber.onOpen?.(),
    };
    const subscribers = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, subscribers.add(own));
    this.#count++;
    return () => {
      if (!subscribers.delete(own)) return;
      this.#count--;
      if (subscribers.size === 0) this.#channels.delete(channel);
    };
  }

  /** Tells them one after the other, each in a turn of its own, so that none can hold up or fail another. */
  tell(channel: string, message: string): void {
    for (const subscriber of this.#channels.get(channel) ?? []) queueMicrotask(() => subscriber.onMessage(message));
  }

  open(channel: string): void {
    for (const subscriber of this.#channels.get(channel) ?? []) queueMicrotask(() => subscriber.onOpen?.());
  }

  clear(): void {
    this.#channels.clear();
    this.#count = 0;
  }
}
