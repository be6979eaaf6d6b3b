export interface RememberBounds {
  readonly entries: number;
  /** As the sizes that `set` is told. */
  readonly bytes: number;
}

/**
 * What was found out once, under the text that it was found out of. Two generations within bounds: what is used moves to
 * the young one; when that is full, it becomes the old one, and what nobody has used since is forgotten. A look-up costs
 * one or two looks into a map.
 */
export class Remembered<T extends { readonly endsAtMs: number }> {
  readonly #bounds: RememberBounds;
  #young = new Map<string, { readonly value: T; readonly bytes: number }>();
  #old = new Map<string, { readonly value: T; readonly bytes: number }>();
  #youngBytes = 0;
  #oldBytes = 0;

  /** Throws RangeError unless there is room for two entries. */
  constructor(bounds: RememberBounds) {
    if (bounds.entries < 2) throw new RangeError("expected room for two entries at least");
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  /** Undefined if it is not known, or has ended. */
  get(key: string, nowMs: number): T | undefined {
    const known = this.#young.get(key) ?? this.#revive(key);
    if (known === undefined) return undefined;
    if (known.value.endsAtMs > nowMs) return known.value;
    this.#young.delete(key);
    this.#youngBytes -= known.bytes;
    return undefined;
  }

  /** What is larger than half of the room is not kept. */
  set(key: string, value: T, bytes: number): void {
    this.delete(key);
    if (bytes > this.#bounds.bytes / 2) return;
    this.#add(key, { value, bytes });
  }

  delete(key: string): void {
    const young = this.#young.get(key);
    const old = this.#old.get(key);
    if (young !== undefined && this.#young.delete(key)) this.#youngBytes -= young.bytes;
    if (old !== undefined && this.#old.delete(key)) this.#oldBytes -= old.bytes;
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngBytes = 0;
    this.#oldBytes = 0;
  }

  #revive(key: string) {
    const known = this.#old.get(key);
    if (known === undefined) return undefined;
    this.#old.delete(key);
    this.#oldBytes -= known.bytes;
    this.#add(key, known);
    return known;
  }

  #add(key: string, entry: { readonly value: T; readonly bytes: number }): void {
    const { entries, bytes } = this.#bounds;
    if (this.#young.size + 1 > entries / 2 || this.#youngBytes + entry.bytes > bytes / 2) {
      this.#old = this.#young;
      this.#oldBytes = this.#youngBytes;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, entry);
    this.#youngBytes += entry.bytes;
  }
}
