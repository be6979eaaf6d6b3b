import type { Redis } from "ioredis";
import { Channels } from "../channels.ts";
import type { Subscriber } from "../store.ts";
import { backoffMs } from "./backoff.ts";

/** How often a quiet connection is asked whether it is there, and how long it may take to say so. */
const PING_MS = 5_000;
const PONG_MS = 2_000;

/**
 * A connection that only listens, opened when somebody wants to. A failure ends it, and another is opened after a pause,
 * for as long as anybody listens.
 */
export class RedisSubscriber {
  readonly #connect: () => Redis;
  readonly #onError: (error: unknown) => void;
  readonly #channels = new Channels();
  #client: Redis | undefined = undefined;
  #retry: Timer | undefined = undefined;
  #ping: Timer | undefined = undefined;
  #failures = 0;
  #isClosed = false;

  /** `connect` makes a client that does not connect again by itself. */
  constructor(connect: () => Redis, onError: (error: unknown) => void) {
    this.#connect = connect;
    this.#onError = onError;
  }

  subscribe(channel: string, subscriber: Subscriber): () => void {
    const isNew = !this.#channels.has(channel);
    const remove = this.#channels.add(channel, subscriber);
    if (this.#client === undefined) this.#open();
    else if (this.#client.status === "ready") this.#listen(this.#client, channel, isNew ? undefined : subscriber);
    return () => {
      remove();
      if (!this.#channels.has(channel) && this.#client?.status === "ready") {
        this.#client.unsubscribe(channel).catch(() => {});
      }
    };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    clearInterval(this.#ping);
    this.#channels.clear();
    this.#client?.disconnect();
  }

  #open(): void {
    if (this.#isClosed || this.#retry !== undefined) return;
    const client = this.#connect();
    this.#client = client;
    client.on("error", this.#onError);
    client.on("message", (channel: string, message: string) => this.#channels.tell(channel, message));
    client.on("ready", () => {
      this.#failures = 0;
      for (const channel of this.#channels.names()) this.#listen(client, channel, undefined);
      clearInterval(this.#ping);
      this.#ping = setInterval(() => void this.#check(client), PING_MS);
    });
    client.on("end", () => {
      clearInterval(this.#ping);
      this.#client = undefined;
      this.#again();
    });
  }

  #again(): void {
    if (this.#isClosed) return;
    this.#retry = setTimeout(
      () => {
        this.#retry = undefined;
        this.#open();
      },
      backoffMs(++this.#failures),
    );
  }

  /** Tells one that is new to a channel alone, or all of the channel. */
  #listen(client: Redis, channel: string, only: Subscriber | undefined): void {
    client.subscribe(channel).then(
      () => {
        if (only === undefined) this.#channels.open(channel);
        else only.onOpen?.();
      },
      () => client.disconnect(),
    );
  }

  async #check(client: Redis): Promise<void> {
    const timer = setTimeout(() => client.disconnect(), PONG_MS);
    await client.ping().catch(() => client.disconnect());
    clearTimeout(timer);
  }
}
