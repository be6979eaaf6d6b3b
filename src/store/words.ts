/** The latest that was said about an id. */
export interface Word<V> {
  /** Ms since 1970. */
  readonly at: number;
  /** Undefined: it was taken back. */
  readonly value: V | undefined;
}

export type Words<V> = ReadonlyMap<string, Word<V>>;

/** Characters of a text that is read: no gateway writes more. */
const LONGEST_TEXT = 1_048_576;

/** Of each id the later word, or of two at once the same one whoever asks; bounded, the latest kept. */
export function merged<V>(a: Words<V>, b: Words<V>, takenBackSince: number, most: number): Words<V> {
  const all = new Map(a);
  for (const [id, word] of b) {
    const known = all.get(id);
    if (known === undefined || isLater(word, known)) all.set(id, word);
  }
  const latest = [...all].sort(([idA, x], [idB, y]) => y.at - x.at || (idA < idB ? -1 : 1));
  const held = latest.filter(([, { value }]) => value !== undefined);
  const gone = latest.filter(([, { value, at }]) => value === undefined && at >= takenBackSince);
  return new Map([...held.slice(0, most), ...gone.slice(0, most)]);
}

function isLater<V>(a: Word<V>, b: Word<V>): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return textOf(a.value) > textOf(b.value);
}

function textOf(value: unknown): string {
  return value === undefined ? "" : JSON.stringify(value);
}

/** The same text for the same words. */
export function encodeWords<V>(words: Words<V>): string {
  const sorted = [...words].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(sorted.map(([id, { at, value }]) => [id, at, value ?? null]));
}

/** What can be understood of a text of another gateway. */
export function decodeWords<V>(text: string, read: (value: unknown) => V | undefined): Words<V> {
  const words = new Map<string, Word<V>>();
  for (const entry of listIn(text)) {
    if (!Array.isArray(entry)) continue;
    const [id, at, value] = entry as readonly unknown[];
    if (typeof id !== "string" || typeof at !== "number" || !Number.isFinite(at)) continue;
    const known = value === null ? undefined : read(value);
    if (value === null || known !== undefined) words.set(id, { at, value: known });
  }
  return words;
}

function listIn(text: string): readonly unknown[] {
  if (text.length > LONGEST_TEXT) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
