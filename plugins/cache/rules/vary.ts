import type { HeaderList } from "../../../src/plugin.ts";
import { ownText } from "../own-text.ts";
import { remembering } from "./remembering.ts";

/** More names than this are nothing that a service means. */
const MOST_NAMES = 32;

/** The request fields that a response was chosen by, sorted; undefined if it fits no other request (RFC 9111 §4.1). */
export function varyNames(headers: HeaderList): readonly string[] | undefined {
  const field = headers.get("vary");
  return field === undefined ? NONE : namesIn(field);
}

/** Responses with the same field share the names. */
const namesIn = remembering((field) => {
  const names = new Set<string>();
  for (const part of field.split(",")) {
    const name = part.trim().toLowerCase();
    if (name === "*") return undefined;
    if (name !== "") names.add(ownText(name));
  }
  return names.size > MOST_NAMES ? undefined : [...names].sort();
});

const NONE: readonly string[] = [];

/**
 * What a request has in these fields, in a form that is the same for all requests that match (RFC 9111 §4.1): lines
 * joined, blanks around commas removed; of what a client accepts also the order and the case.
 */
export function varyKey(names: readonly string[], headers: HeaderList): string {
  let key = "";
  for (const name of names) {
    const value = headers.get(name);
    // No value has a line end, so that one field is never taken for two.
    key += value === undefined ? "-\n" : `+${normalized(name, value)}\n`;
  }
  return key;
}

/** Lists of what a client accepts: members in any order and case mean the same (RFC 9110 §12.5). */
const UNORDERED = new Set(["accept", "accept-charset", "accept-encoding", "accept-language"]);
const AROUND_COMMAS = /[\t ]*,[\t ]*/g;

/** Longer values are nobody's language or type, and not worth the work. */
const MOST_NORMALIZED = 1_024;

function normalized(name: string, value: string): string {
  if (value.length > MOST_NORMALIZED) return value;
  if (!UNORDERED.has(name)) return value.includes('"') ? value : value.replace(AROUND_COMMAS, ",");
  const members = value.toLowerCase().split(",");
  return members
    .map((member) => member.replace(/[\t ]+/g, ""))
    .filter((member) => member !== "")
    .sort()
    .join(",");
}
