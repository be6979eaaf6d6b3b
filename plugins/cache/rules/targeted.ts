import type { Directive } from "./directives.ts";

const KEY = "[a-z*][a-z0-9_.*-]*";
const INTEGER = "-?\\d{1,15}";
const BARE_ITEM = `(?:-?\\d{1,12}\\.\\d{1,3}|${INTEGER}|"(?:[\\x20-\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\["\\\\])*"|[A-Za-z*][!#$%&'*+.^_\`|~0-9A-Za-z:/-]*|:[A-Za-z0-9+/=]*:|\\?[01])`;
const PARAMETERS = `(?:; *${KEY}(?:=${BARE_ITEM})?)*`;
const MEMBER = new RegExp(`(${KEY})(?:=(${BARE_ITEM}))?${PARAMETERS}(?:[\\t ]*(,)[\\t ]*|$)`, "y");

const SECONDS = new Set(["max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"]);

/**
 * The directives of a targeted field: a dictionary of structured fields (RFC 9213 §2.1, RFC 8941 §3.2), of which the last
 * member of a name holds. Undefined if it is empty or none, for then it is to be ignored (RFC 9213 §2.2).
 */
export function targetedDirectives(field: string): Directive[] | undefined {
  const text = field.trim().toLowerCase();
  const found = new Map<string, Directive>();
  MEMBER.lastIndex = 0;
  let expectsMore = text !== "";
  while (expectsMore) {
    const match = MEMBER.exec(text);
    if (match === null) return undefined;
    const [, name = "", item, comma] = match;
    if (SECONDS.has(name) && !isCount(item)) return undefined;
    if (item === "?0") found.delete(name);
    else found.set(name, { name, argument: textOf(item), isMalformed: false });
    expectsMore = comma !== undefined;
    // A comma behind the last member (RFC 8941 §4.2.2).
    if (expectsMore && MEMBER.lastIndex === text.length) return undefined;
  }
  return text === "" ? undefined : [...found.values()];
}

/** Times are integers; a value of another type makes the field no such one. */
function isCount(item: string | undefined): boolean {
  return item !== undefined && /^\d+$/.test(item);
}

function textOf(item: string | undefined): string | undefined {
  if (item === undefined || item === "?1") return undefined;
  return item.startsWith('"') ? item.slice(1, -1).replace(/\\(.)/g, "$1") : item;
}
