import { isObject, type Json } from "../json.ts";

/** The schema of a file that has that `$anchor` (JSON Schema 2020-12 §8.2.2); undefined if none has. */
export function anchored(file: Json, anchor: string): Json | undefined {
  const queue: Json[] = [file];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (typeof next !== "object" || next === null) continue;
    if (isObject(next) && (next.$anchor === anchor || next.$dynamicAnchor === anchor)) return next;
    for (const inner of Object.values(next)) queue.push(inner);
  }
  return undefined;
}
