import type { RedisHealth } from "./health.ts";

const PROBE_MS = 50;

/** Asks a Redis that nobody waits for any more whether it answers again within the time of a command. */
export class Probe {
  readonly #health: RedisHealth;
  readonly #mostMs: number;
  readonly #ping: () => Promise<unknown>;
  #timer: Timer | undefined = undefined;
  #isClosed = false;

  constructor(health: RedisHealth, mostMs: number, ping: () => Promise<unknown>) {
    this.#health = health;
    this.#mostMs = mostMs;
    this.#ping = ping;
  }

  /** Asks from now on, every 50 ms, until it does. */
  start(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), PROBE_MS);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    if (!this.#health.isSuspended || this.#isClosed) return;
    const startedAt = performance.now();
    try {
      await this.#ping();
      if (performance.now() - startedAt <= this.#mostMs) this.#health.resume();
    } catch {
      // The connection has ended; a new one tells.
    }
    this.start();
  }
}
