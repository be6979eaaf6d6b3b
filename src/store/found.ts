import type { KeyGroup } from "./key-group.ts";

export function allKeys(groups: readonly KeyGroup[]): readonly string[] {
  return groups.flatMap(({ keys }) => keys);
}

/** Of the values of some keys those that there are, by their places. */
export function foundIn(values: readonly (string | undefined)[]): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const [i, value] of values.entries()) if (value !== undefined) found.set(i, value);
  return found;
}
