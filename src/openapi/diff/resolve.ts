import { isObject, type Json, type JsonObject, pointerKeys, valueAt } from "../json.ts";

/** References to references that are followed. */
const MOST_STEPS = 32;

/** Follows references within a document; undefined for what is no object in the end. */
export type Resolve = (value: Json | undefined) => JsonObject | undefined;

export function createResolve(document: JsonObject): Resolve {
  return (value) => {
    let found = value;
    for (let step = 0; step < MOST_STEPS; step++) {
      if (!isObject(found)) return undefined;
      const { $ref } = found;
      if (typeof $ref !== "string") return found;
      const keys = $ref.startsWith("#/") ? pointerKeys($ref.slice(2)) : undefined;
      found = keys === undefined ? undefined : valueAt(document, keys);
    }
    return undefined;
  };
}
