import type { Json } from "./json.ts";

/** About how many bytes a value has as JSON; no longer counted beyond `most`. */
export function weightOf(value: Json, most: number): number {
  const queue: Json[] = [value];
  let weight = 0;
  for (let next = queue.pop(); next !== undefined && weight <= most; next = queue.pop()) {
    weight += 8;
    if (typeof next === "string") weight += next.length;
    if (typeof next !== "object" || next === null) continue;
    if (!Array.isArray(next)) for (const key of Object.keys(next)) weight += key.length;
    for (const inner of Object.values(next)) queue.push(inner);
  }
  return weight;
}
