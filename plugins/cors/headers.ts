import type { HeaderList } from "../../src/plugin.ts";

/** Adds names to Vary that are not there yet, in one line; `*` says all of them (RFC 9110 §12.5.5). */
export function addVary(headers: HeaderList, names: readonly string[]): void {
  const present = headers.get("vary");
  if (present === undefined) {
    headers.set("vary", names.join(", "));
    return;
  }
  const known = present.toLowerCase().split(",");
  for (let i = 0; i < known.length; i++) known[i] = (known[i] as string).trim();
  if (known.includes("*")) return;
  let value = present;
  for (const name of names) if (!known.includes(name)) value = value.trim() === "" ? name : `${value}, ${name}`;
  if (value !== present) headers.set("vary", value);
}

/** RFC 9110 §5.6.2, in lower case. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Of the names that a preflight asks for those that are allowed, each once; undefined if there are none. */
export function allowedNames(asked: string | undefined, allowed: ReadonlySet<string> | "all"): string | undefined {
  if (asked === undefined) return undefined;
  const names = new Set<string>();
  for (const part of asked.split(",")) {
    const name = part.trim().toLowerCase();
    if (allowed === "all" ? TOKEN.test(name) : allowed.has(name)) names.add(name);
  }
  return names.size === 0 ? undefined : [...names].join(", ");
}
