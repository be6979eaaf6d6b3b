import type { UrlKey } from "./url-key.ts";

/** The ways in which routes make keys of URLs: one URL may be stored under each of them. */
export class UrlKeys {
  readonly #used = new Map<string, { readonly key: UrlKey; uses: number }>();

  /** The function made for these options, in use until `drop`. */
  take(options: string, create: () => UrlKey): UrlKey {
    const known = this.#used.get(options) ?? { key: create(), uses: 0 };
    known.uses++;
    this.#used.set(options, known);
    return known.key;
  }

  drop(options: string): void {
    const known = this.#used.get(options);
    if (known !== undefined && --known.uses === 0) this.#used.delete(options);
  }

  *all(): IterableIterator<UrlKey> {
    for (const { key } of this.#used.values()) yield key;
  }
}
