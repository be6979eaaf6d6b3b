/** Whether two entity tags are the same but for their strength (RFC 9110 §8.8.3.2). */
export function isWeakMatch(a: string, b: string): boolean {
  return opaque(a) === opaque(b);
}

/** Whether two entity tags are the same and both strong (RFC 9110 §8.8.3.2). */
export function isStrongMatch(a: string, b: string): boolean {
  return a === b && !isWeak(a);
}

export function isWeak(tag: string): boolean {
  return tag.startsWith("W/");
}

function opaque(tag: string): string {
  return isWeak(tag) ? tag.slice(2) : tag;
}

/** A tag as it should be, or text up to a comma, for those that are written without quotes. */
const MEMBER = /(?:W\/)?"[^"]*"|[^\s,]+/g;

/** Whether If-None-Match names that tag, by weak comparison (RFC 9110 §13.1.2). */
export function namesTag(ifNoneMatch: string, tag: string): boolean {
  for (const member of ifNoneMatch.match(MEMBER) ?? []) if (isWeakMatch(member, tag)) return true;
  return false;
}
