import { readFile, stat } from "node:fs/promises";
import { callOut, type Logger, MAX_TIMER_MS, type Scope, type WatchedFile, watchFile } from "../../src/plugin.ts";
import { type KeySet, parseKeySet } from "./jwks.ts";
import type { VerificationKey } from "./keys.ts";
import { isUrl, type JwksOptions } from "./options.ts";

/** Without any key every request fails: then the set is asked for more often than `cool-down` says; in ms. */
const FIRST_RETRY_MS = 2_000;

/** A key set that is read again in the background. While it cannot be read, the last one stays in use. */
export class KeySetSource {
  readonly #options: JwksOptions;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #onChange: () => void;
  /** Of the instance that asks first: aborted if it is never to be at work. */
  readonly #signal: AbortSignal;
  readonly #abort = new AbortController();
  #keys: readonly VerificationKey[] | undefined = undefined;
  #text: string | undefined = undefined;
  #reading: Promise<void> | undefined = undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #failure: string | undefined = undefined;
  #timer: Timer | undefined = undefined;
  #watched: WatchedFile | undefined = undefined;

  /** `onChange` is called when the keys are others than before. */
  constructor(options: JwksOptions, { log, now, signal }: Pick<Scope, "log" | "now" | "signal">, onChange: () => void) {
    this.#options = options;
    this.#log = log;
    this.#now = now;
    this.#onChange = onChange;
    this.#signal = signal;
  }

  /** Undefined as long as no set could be read. */
  get keys(): readonly VerificationKey[] | undefined {
    return this.#keys;
  }

  /** Why the last reading failed; undefined if it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** A file is read now, and has to be a key set, else it rejects, and when it changes; a URL is asked soon, and nobody waits for it. */
  async start(): Promise<void> {
    const { from } = this.#options;
    if (isUrl(from)) return this.#signal.aborted ? undefined : this.#schedule(0);
    this.#watched = watchFile(from, async () => {
      // What is being read may be what was there before.
      await this.#reading;
      await this.#read();
    });
    await this.#read();
    if (this.#failure !== undefined) throw new Error(`jwks: ${this.#failure}`);
  }

  /** Reads the set again, unless that was done within the cool-down. All who ask meanwhile wait for one reading. */
  refresh(): Promise<void> | undefined {
    if (this.#reading !== undefined) return this.#reading;
    const ageMs = this.#now() - this.#readAt;
    // A clock that was set back must not make the pause longer.
    const isTooSoon = ageMs >= 0 && ageMs < this.#pauseMs;
    return isTooSoon || this.#abort.signal.aborted ? undefined : this.#read();
  }

  close(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#watched?.close();
  }

  get #pauseMs(): number {
    const coolDown = this.#options["cool-down"];
    return this.#keys === undefined ? Math.min(coolDown, FIRST_RETRY_MS) : coolDown;
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => void (this.#reading ?? this.#read()), Math.min(ms, MAX_TIMER_MS));
    this.#timer.unref();
  }

  #read(): Promise<void> {
    this.#readAt = this.#now();
    const reading = this.#readOnce().finally(() => {
      this.#reading = undefined;
      this.#schedule(this.#failure === undefined ? this.#options.refresh : this.#pauseMs);
    });
    this.#reading = reading;
    return reading;
  }

  async #readOnce(): Promise<void> {
    try {
      const text = await readText(this.#options, this.#abort.signal);
      if (text !== this.#text) this.#replace(text, parseKeySet(text));
      if (this.#failure !== undefined) this.#log.info("the key set can be read again");
      this.#failure = undefined;
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      // A provider that is down is no news every few seconds.
      if (reason !== this.#failure)
        this.#log.warn("the key set cannot be read", { reason, kept: this.#keys?.length ?? 0 });
      this.#failure = reason;
    }
  }

  #replace(text: string, { keys, faults }: KeySet): void {
    for (const reason of faults) this.#log.warn("a key of the set is left out", { reason });
    this.#text = text;
    this.#keys = keys;
    this.#onChange();
    this.#log.info("a key set was read", { keys: keys.map(({ kid }) => kid ?? "") });
  }
}

async function readText({ from, timeout, size }: JwksOptions, closed: AbortSignal): Promise<string> {
  if (isUrl(from)) return fetchText(from, size, timeout, closed);
  const { size: found } = await stat(from);
  if (found > size) throw new Error(`the file has more than ${size} bytes`);
  return readFile(from, "utf8");
}

/** A redirection could lead anywhere, out of TLS too: it is refused. */
async function fetchText(url: string, maxBytes: number, timeoutMs: number, signal: AbortSignal): Promise<string> {
  const { status, body } = await callOut({ url, headers: { accept: "application/json" }, timeoutMs, maxBytes, signal });
  if (status !== 200) throw new Error(`expected the status 200, found ${status}`);
  if (body === undefined) throw new Error(`the answer has more than ${maxBytes} bytes`);
  return Buffer.from(body).toString();
}
