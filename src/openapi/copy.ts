import { CHILDREN, type Child, type Kind } from "./grammar.ts";
import { type Draft, isObject, type Json, type JsonObject } from "./json.ts";

/** What is done on the way through a document. */
export interface Visitor {
  /** What stands under the keys of each kind, where that is not as in OpenAPI 3. */
  readonly children?: typeof CHILDREN;
  /** The text to put in the place of a reference: of `$ref`, of `$dynamicRef` with a pointer, of a discriminator's mapping. */
  reference(ref: string, kind: Kind): string;
  /** Told of every object when its copy is complete, and may change that. */
  leave?(copy: Draft, kind: Kind, original: JsonObject): void;
}

/** A copy of an object of that kind, with everything in it. What is no object, or data, is shared with the original. */
export function copyNode(node: Json, kind: Kind, visitor: Visitor): Json {
  if (!isObject(node)) return node;
  const copy: Draft = {};
  for (const [key, value] of Object.entries(node)) copy[key] = copyValue(key, value, kind, visitor);
  visitor.leave?.(copy, kind, node);
  return copy;
}

function copyValue(key: string, value: Json, kind: Kind, visitor: Visitor): Json {
  if (key === "$ref" && typeof value === "string") return visitor.reference(value, kind);
  if (key === "$dynamicRef" && typeof value === "string" && value.startsWith("#/"))
    return visitor.reference(value, kind);
  if (kind === "discriminator" && key === "mapping" && isObject(value)) return copyMapping(value, visitor);
  // OpenAPI 3.2 §4.25.1.
  if (kind === "discriminator" && key === "defaultMapping" && typeof value === "string")
    return visitor.reference(mappingReference(value), "schema");
  const child = childOf(kind, key, visitor.children ?? CHILDREN);
  return child === undefined ? value : copyChild(value, child, visitor);
}

/** Under a callback's expressions there are path items, under `x-` there is data. */
function childOf(kind: Kind, key: string, grammar: typeof CHILDREN): Child | undefined {
  if (kind === "callback") return key.startsWith("x-") ? undefined : { kind: "pathItem", form: "one" };
  const children = grammar[kind];
  return Object.hasOwn(children, key) ? children[key] : undefined;
}

function copyChild(value: Json, { kind, form }: Child, visitor: Visitor): Json {
  if (Array.isArray(value)) return value.map((item) => copyNode(item, kind, visitor));
  if (form !== "map" || !isObject(value)) return copyNode(value, kind, visitor);
  const copy: Draft = {};
  for (const [name, item] of Object.entries(value)) {
    copy[name] = name.startsWith("x-") && kind !== "header" && kind !== "schema" ? item : copyNode(item, kind, visitor);
  }
  return copy;
}

/** Values are names of schemas or references (OpenAPI 3.1 §4.8.25). */
function copyMapping(mapping: JsonObject, visitor: Visitor): Json {
  const copy: Draft = {};
  for (const [name, value] of Object.entries(mapping)) {
    copy[name] = typeof value === "string" ? visitor.reference(mappingReference(value), "schema") : value;
  }
  return copy;
}

function mappingReference(value: string): string {
  return /^[A-Za-z0-9._-]+$/.test(value) && !/\.(json|ya?ml)$/i.test(value) ? `#/components/schemas/${value}` : value;
}
