/** Gives names that nobody has: the wanted one, or that with a number. Many that want the same do not look at each other's. */
export class FreeNames {
  readonly #isTaken: (name: string) => boolean;
  readonly #next = new Map<string, number>();

  constructor(isTaken: (name: string) => boolean) {
    this.#isTaken = isTaken;
  }

  /** @param first the first number behind a name */
  free(wanted: string, first = 2): string {
    if (!this.#isTaken(wanted)) return wanted;
    for (let n = this.#next.get(wanted) ?? first; ; n++) {
      const name = `${wanted}_${n}`;
      if (this.#isTaken(name)) continue;
      this.#next.set(wanted, n + 1);
      return name;
    }
  }
}

/**
 * A text as a part of a component's name: letters, digits, dots, hyphens and underscores (OpenAPI 3.1 §4.8.7), none of these at
 * its ends, and not too many of them.
 */
export function nameFrom(text: string): string {
  const name = text.slice(0, MOST_LENGTH).replace(/[^A-Za-z0-9._-]+/g, "_");
  // Each end by itself: an expression for both would look at a long row of them again and again.
  let start = 0;
  let end = name.length;
  while (name[start] === "_") start++;
  while (end > start && name[end - 1] === "_") end--;
  return name.slice(start, end);
}

const MOST_LENGTH = 200;
