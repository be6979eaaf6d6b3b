import { HeaderList, isHopByHop } from "../../../src/plugin.ts";

/** Of one connection, one transfer or one exchange with a proxy: never stored (RFC 9111 §3.1). */
const UNSTORED = new Set(["proxy-authentication-info", "age"]);

/** The fields of a response that are stored: all but those of its connection and those that `withheld` names. */
export function storedFields(headers: HeaderList, withheld: readonly string[]): HeaderList {
  const { flat } = headers;
  const stored: string[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] as string;
    if (isHopByHop(name) || UNSTORED.has(name) || withheld.includes(name)) continue;
    stored.push(name, flat[i + 1] as string);
  }
  return new HeaderList(stored);
}

/** Stored fields with those of a newer response in the place of their own (RFC 9111 §3.2). */
export function updatedFields(stored: HeaderList, newer: HeaderList, withheld: readonly string[]): HeaderList {
  const replaced = new Set<string>();
  const news = storedFields(newer, withheld);
  for (const [name] of news) replaced.add(name);
  const updated = stored.copy();
  updated.deleteWhere((name) => replaced.has(name));
  for (const [name, value] of news) updated.append(name, value);
  return updated;
}
