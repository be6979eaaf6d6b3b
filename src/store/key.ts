const SPECIAL = /[%:{}]/g;
const ESCAPES: Readonly<Record<string, string>> = { "%": "%25", ":": "%3A", "{": "%7B", "}": "%7D" };

/**
 * One key of several parts, none of which can be taken for another: `storeKey("a:b", "c")` is not
 * `storeKey("a", "b:c")`. Parts may be anything that a client has sent.
 */
export function storeKey(...parts: readonly string[]): string {
  let key = "";
  for (let i = 0; i < parts.length; i++) key += (i === 0 ? "" : ":") + escapePart(parts[i] as string);
  return key;
}

/** Such a key that shares a place in a Cluster with all others of its group, so that one transaction can write them. */
export function groupKey(group: string, ...parts: readonly string[]): string {
  return `{${escapePart(group)}}:${storeKey(...parts)}`;
}

/** What of a key decides where a Cluster keeps it: the text in its first braces, or all of it. */
export function slotTag(key: string): string {
  const start = key.indexOf("{");
  if (start < 0) return key;
  const end = key.indexOf("}", start + 1);
  return end <= start + 1 ? key : key.slice(start + 1, end);
}

/** A key as the part in braces: a closing brace would end it, and an escape keeps different keys different. */
export function bracedKey(key: string): string {
  const inside = key.includes("}") || key.includes("%") ? key.replaceAll("%", "%25").replaceAll("}", "%7D") : key;
  return `{${inside}}`;
}

function escapePart(part: string): string {
  // Nearly all parts stand as they are.
  if (!isSpecial(part)) return part;
  return part.replace(SPECIAL, (char) => ESCAPES[char] ?? char);
}

function isSpecial(part: string): boolean {
  for (let i = 0; i < part.length; i++) {
    const code = part.charCodeAt(i);
    if (code === 0x25 || code === 0x3a || code === 0x7b || code === 0x7d) return true;
  }
  return false;
}
