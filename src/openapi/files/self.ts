import { isObject, type Json, type JsonObject, textAt } from "../json.ts";

/** Stands for wherever a document is that calls itself by a path. */
const NOWHERE = "http://self.invalid/";

/**
 * A document that says what it is called, `$self` (OpenAPI 3.2 §4.1.2.2.1), with references as they are from where it is: `#/…` for those to its
 * name, and relative ones for those to what is below the folder of that name, which is asked for beside the document. All others stay.
 */
export function withoutSelf<D extends Json>(document: D): D {
  const self = textAt(document, "$self");
  const base = self === undefined ? null : URL.parse(self, NOWHERE);
  return base === null ? document : (copied(document, (text) => fromSelf(text, base)) as D);
}

function fromSelf(text: string, base: URL): string {
  const url = text.startsWith("#") ? null : URL.parse(text, base.href);
  if (url === null || url.origin !== base.origin) return text;
  const fragment = url.hash;
  url.hash = "";
  if (url.href === base.href) return fragment === "" ? "#" : fragment;
  const folder = base.href.slice(0, base.href.lastIndexOf("/") + 1);
  return url.href.startsWith(folder) ? `${url.href.slice(folder.length)}${fragment}` : text;
}

function copied(value: Json, write: (reference: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => copied(item, write));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (REFERENCES.has(key) && typeof inner === "string") return [key, write(inner)] as const;
    if (key === "discriminator" && isObject(inner)) return [key, withMapping(inner, write)] as const;
    return [key, copied(inner, write)] as const;
  });
  return Object.fromEntries(entries);
}

const REFERENCES: ReadonlySet<string> = new Set(["$ref", "operationRef"]);

/** Its values are names of schemas, or references. */
function withMapping(discriminator: JsonObject, write: (reference: string) => string): JsonObject {
  const { mapping } = discriminator;
  if (!isObject(mapping)) return discriminator;
  const entries = Object.entries(mapping).map(([name, value]) => {
    return [name, typeof value === "string" && /[/#]/.test(value) ? write(value) : value] as const;
  });
  return { ...discriminator, mapping: Object.fromEntries(entries) };
}
