import { ownText } from "../own-text.ts";

/** Texts that are remembered at most, and characters of each. */
const MOST = 256;

/**
 * Remembers the answers to texts that come again and again, so that equal ones share one answer. When there are too many, all are
 * forgotten: what comes again is soon there again.
 */
export function remembering<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (known.has(text)) return known.get(text) as T;
    const answer = read(text);
    if (text.length > MOST) return answer;
    if (known.size >= MOST) known.clear();
    known.set(ownText(text), answer);
    return answer;
  };
}
