import type { Logger } from "../observe/logger.ts";
import type { Store } from "./store.ts";
import { decodeWords, encodeWords, merged, type Words } from "./words.ts";

export interface AgreementOptions<V> {
  /** Left out where gateways share none: then each has its own. */
  readonly store?: Pick<Store, "get" | "set"> | undefined;
  /** Of the store; and what people call it, in the log. */
  readonly name: string;
  readonly log: Logger;
  /** Ms since 1970. */
  now(): number;
  /** Undefined for what no gateway has written. */
  read(value: unknown): V | undefined;
  /** Values, at most. */
  readonly most: number;
}

const EVERY_MS = 1_000;
/** So long it is known when no gateway runs that knows it, and so long that something was taken back. */
const KEPT_MS = 7 * 86_400_000;
/** Written anew so often that it is not forgotten, or found missing, while there is one. */
const RENEWED_MS = 600_000;

/**
 * A few values under ids that gateways with a common store agree on within a second: of each id the latest word holds. While the
 * store does not answer each goes on by what it knows, and they agree afterwards.
 */
export class Agreement<V> {
  readonly #options: AgreementOptions<V>;
  #words: Words<V> = new Map();
  #values: ReadonlyMap<string, V> = new Map();
  #changed: () => void = () => {};
  #isCut = false;
  #isAgreed = false;
  #written = "";
  #writtenAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: AgreementOptions<V>) {
    this.#options = options;
  }

  get values(): ReadonlyMap<string, V> {
    return this.#values;
  }

  /** Whether the others, and this one after a restart, know what it knows. */
  get isShared(): boolean {
    return this.#isAgreed && !this.#isCut;
  }

  /**
   * Has its first look, and looks once a second from then on until the signal aborts. Resolves with the first; never rejects.
   *
   * @param changed called when another gateway has changed something
   */
  async start(signal: AbortSignal, changed: () => void): Promise<void> {
    if (this.#options.store === undefined) return;
    await this.look();
    this.#changed = changed;
    let isBusy = false;
    const timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      void this.look().finally(() => {
        isBusy = false;
      });
    }, EVERY_MS);
    timer.unref();
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  /** Holds here at once; resolves when the others can know, or the store does not answer. Undefined takes it back. Never rejects. */
  async set(id: string, value: V | undefined): Promise<void> {
    // It is the latest word, whatever another gateway's clock has said.
    const at = Math.max(this.#options.now(), (this.#words.get(id)?.at ?? 0) + 1);
    this.#take(new Map([[id, { at, value }]]));
    await this.look();
  }

  /** Forgets values that are over for everybody: they need not be taken back. */
  forget(isOver: (value: V) => boolean): void {
    const left = [...this.#words].filter(([, { value }]) => value === undefined || !isOver(value));
    if (left.length < this.#words.size) this.#use(new Map(left));
  }

  /** One look, after those before it; never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    const { store, log, name } = this.#options;
    if (store === undefined) return;
    try {
      await this.#agree(store);
      if (this.#isCut) log.info("gateways agree again", { about: name });
      this.#isCut = false;
      this.#isAgreed = true;
    } catch (error) {
      if (!this.#isCut) log.warn("gateways cannot agree: each goes on by itself", { about: name, error });
      this.#isCut = true;
    }
  }

  async #agree(store: Pick<Store, "get" | "set">): Promise<void> {
    const { name, read } = this.#options;
    const known = await store.get(name);
    const before = this.#values;
    if (known !== undefined) this.#take(decodeWords(known, read));
    const text = encodeWords(this.#words);
    if (before !== this.#values) this.#changed();
    const isCurrent = text === this.#written && performance.now() - this.#writtenAt < RENEWED_MS;
    if (text === known && isCurrent) return;
    // What nobody has said anything about needs no key.
    if (known === undefined && this.#words.size === 0) return;
    await store.set(name, text, { ttlMs: KEPT_MS });
    this.#written = text;
    this.#writtenAt = performance.now();
  }

  #take(words: Words<V>): void {
    this.#use(merged(this.#words, words, this.#options.now() - KEPT_MS, this.#options.most));
  }

  #use(words: Words<V>): void {
    if (encodeWords(words) === encodeWords(this.#words)) return;
    this.#words = words;
    this.#values = new Map(
      [...words].flatMap(([id, { value }]) => (value === undefined ? [] : [[id, value] as const])),
    );
  }
}
