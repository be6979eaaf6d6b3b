import type { Logger } from "../observe/logger.ts";
import type { Store } from "../store/store.ts";
import { MAX_TIMER_MS } from "../timeouts.ts";
import type { Revocation } from "./revocation.ts";
import { type JtiKeyForm, ownStart, REVOCATIONS_CHANNEL, revocationKey, revocationText } from "./revocation-keys.ts";
import type { RevocationMessage } from "./revocations.ts";

export interface CopyOptions {
  readonly store: Store;
  readonly form: JtiKeyForm;
  /** Ms from one reading of everything to the next; a store with so much that reading takes long is read less often. */
  readonly resyncMs: number;
  readonly log: Logger;
}

/** More are not copied: about 50 MB. */
const MAX_ENTRIES = 200_000;
/** Values are read so many at a time. */
const BATCH = 500;
/** Reading takes a twentieth of the time at most. */
const REST = 20;
/** A copy that could not be brought up to date for so long, or for five readings, is no copy any more; in ms. */
const MAX_AGE_MS = 5_000;

/**
 * A copy of all revocations in this process, kept by what gateways tell each other and by reading everything again and
 * again: for what was told to nobody, has ended, or got lost on the way.
 */
export class RevocationCopy {
  readonly #options: CopyOptions;
  readonly #maxAgeMs: number;
  readonly #stopListening: () => void;
  #values = new Map<string, string>();
  /** What was told while everything was being read. */
  #told: RevocationMessage[] | undefined = undefined;
  #isUsable = false;
  #isClosed = false;
  #isDue = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined = undefined;

  constructor(options: CopyOptions) {
    this.#options = options;
    this.#maxAgeMs = Math.max(MAX_AGE_MS, 5 * options.resyncMs);
    this.#stopListening = options.store.subscribe(REVOCATIONS_CHANNEL, {
      onMessage: (text) => this.#onMessage(text),
      onOpen: () => void this.#read(),
    });
    void this.#read();
  }

  /** False until everything has been read once, and when it could not be for too long: then the store has to be asked. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  get size(): number {
    return this.#values.size;
  }

  /** What stands under that whole key. */
  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  close(): void {
    this.#isClosed = true;
    this.#isUsable = false;
    clearTimeout(this.#timer);
    this.#stopListening();
    this.#values.clear();
  }

  async #read(): Promise<void> {
    if (this.#told !== undefined) {
      this.#isDue = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#told = [];
    const startedAt = performance.now();
    const values = await readAll(this.#options).catch(() => undefined);
    const told = this.#told;
    this.#told = undefined;
    if (this.#isClosed) return;
    const now = performance.now();
    if (values === "too many") this.#giveUp();
    else if (values === undefined) this.#isUsable &&= now - this.#readAt <= this.#maxAgeMs;
    else {
      this.#values = values;
      for (const message of told) this.#apply(message);
      this.#readAt = startedAt;
      this.#isUsable = true;
    }
    const pauseMs = this.#isDue ? 0 : Math.max(this.#options.resyncMs, REST * (now - startedAt));
    this.#isDue = false;
    this.#timer = setTimeout(() => void this.#read(), Math.min(pauseMs, MAX_TIMER_MS));
    this.#timer.unref();
  }

  #giveUp(): void {
    const isNew = this.#isUsable || this.#readAt === Number.NEGATIVE_INFINITY;
    this.#isUsable = false;
    this.#readAt = performance.now();
    this.#values.clear();
    if (isNew) this.#options.log.error("too many revocations for a copy: the store is asked", { most: MAX_ENTRIES });
  }

  #onMessage(text: string): void {
    const message = parseMessage(text);
    if (message === undefined) return this.#options.log.warn("a revocation was told in a form that is not understood");
    this.#told?.push(message);
    this.#apply(message);
  }

  #apply(message: RevocationMessage): void {
    const { store, form } = this.#options;
    const key = revocationKey(store, form, message);
    if (message.isRestored === true) this.#values.delete(key);
    else if (this.#values.size < MAX_ENTRIES) this.#values.set(key, revocationText(message));
    else this.#isUsable = false;
  }
}

async function readAll({ store, form }: CopyOptions): Promise<Map<string, string> | "too many"> {
  const { raw } = store;
  const start = ownStart(store);
  const own = await raw.keys(start, MAX_ENTRIES + 1);
  const ids = await raw.keys(form.start, MAX_ENTRIES + 1);
  if (own.length + ids.length > MAX_ENTRIES) return "too many";
  const values = new Map<string, string>();
  for (const key of ids) if (form.jtiOf(key) !== undefined) values.set(key, "1");
  for (let at = 0; at < own.length; at += BATCH) {
    const keys = own.slice(at, at + BATCH);
    const read = await raw.getMany(keys);
    for (const [i, key] of keys.entries()) {
      const value = read[i];
      if (value !== undefined) values.set(key, value);
    }
  }
  return values;
}

/** Other programs may tell, too. */
function parseMessage(text: string): RevocationMessage | undefined {
  try {
    const message: Partial<Record<keyof RevocationMessage, unknown>> = JSON.parse(text);
    const { kind, value, before, isRestored } = message;
    if (!isKind(kind) || typeof value !== "string") return undefined;
    if (kind === "subject" && typeof before !== "number" && isRestored !== true) return undefined;
    return { kind, value, ...(typeof before === "number" && { before }), isRestored: isRestored === true };
  } catch {
    return undefined;
  }
}

function isKind(kind: unknown): kind is Revocation["kind"] {
  return kind === "jti" || kind === "token" || kind === "subject" || kind === "kid";
}
