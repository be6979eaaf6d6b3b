import { isObject, type Json, pointerToken } from "./json.ts";

/** Where each reference of a document is written first: a pointer (RFC 6901) to the object that has it. */
export function referencePlaces(document: Json): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const visit = (value: Json, pointer: string) => {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) visit(item, `${pointer}/${i}`);
    if (!isObject(value)) return;
    const { $ref } = value;
    if (typeof $ref === "string" && !places.has($ref)) places.set($ref, pointer);
    for (const [key, inner] of Object.entries(value)) visit(inner, `${pointer}/${pointerToken(key)}`);
  };
  visit(document, "");
  return places;
}
