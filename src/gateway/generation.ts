import type { Snapshot } from "../snapshot.ts";

/** A snapshot at work, and the requests that have read it: its plugins are closed when the last of them has ended. */
export class Generation {
  readonly snapshot: Snapshot;
  readonly #onClosed: (generation: Generation) => void;
  /** Of what goes on by itself only while the snapshot is the current one. */
  readonly #current = new AbortController();
  #inFlight = 0;
  #isRetired = false;
  #closed: Promise<void> | undefined = undefined;

  constructor(snapshot: Snapshot, onClosed: (generation: Generation) => void) {
    this.snapshot = snapshot;
    this.#onClosed = onClosed;
  }

  /** Begins what goes on by itself; resolves as soon as its canaries know what is known of them. */
  async start(): Promise<void> {
    this.snapshot.own?.documents.start();
    await Promise.all(this.snapshot.routes.map(({ split }) => split.start(this.#current.signal)));
  }

  /** A request goes by it. */
  enter(): void {
    this.#inFlight++;
  }

  /** One has ended. */
  leave(): void {
    this.#inFlight--;
    if (this.#isRetired && this.#inFlight === 0) void this.close();
  }

  /** Another one is current: no request comes any more. */
  retire(): void {
    this.#isRetired = true;
    this.#current.abort();
    this.snapshot.own?.documents.stop();
    if (this.#inFlight === 0) void this.close();
  }

  /** Closes its plugins at once, whatever goes by it still. */
  close(): Promise<void> {
    this.#current.abort();
    this.snapshot.own?.documents.stop();
    this.#closed ??= this.snapshot.close().then(() => this.#onClosed(this));
    return this.#closed;
  }
}
