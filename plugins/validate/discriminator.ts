import {
  type Component,
  type Draft,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  type Source,
  textAt,
} from "../../src/plugin.ts";

/**
 * Where a discriminator names the schema for a value (OpenAPI 3.1 §4.8.25), that one alone counts, and what is wrong is told of that one: two
 * of a `oneOf` may well be the same but for the name. For a name that it does not have all of them count, as without it.
 *
 * @param copy of the schema, with its references as they are from now on
 */
export function chooseByDiscriminator(copy: Draft, original: JsonObject, source: Source): void {
  const { discriminator } = original;
  const property = textAt(discriminator, "propertyName");
  const key = ["oneOf", "anyOf"].find((one) => Array.isArray(original[one]));
  if (property === undefined || key === undefined) return;
  const branches = listAt(original, key).flatMap((branch) => componentOf(branch, source) ?? []);
  const copies = listAt(copy, key);
  if (branches.length < copies.length) return;
  const names = mappedNames(objectAt(discriminator, "mapping") ?? {}, source);
  const mapped = new Set([...names.values()].flat());
  const chosen = branches.reduceRight<Json>(
    (others, branch, i) => {
      const own = mapped.has(branch.name) ? [] : [branch.name];
      const values = [...(names.get(branch) ?? []), ...own];
      if (values.length === 0) return others;
      const isMeant = { required: [property], properties: { [property]: { enum: values } } };
      return Object.fromEntries([
        ["if", isMeant] as const,
        ["then", copies[i] ?? true] as const,
        ["else", others] as const,
      ]);
    },
    { [key]: copies },
  );
  delete copy[key];
  copy.allOf = [...listAt(copy, "allOf"), chosen];
}

function componentOf(branch: Json, source: Source): Component | undefined {
  const ref = textAt(branch, "$ref");
  return ref === undefined || (isObject(branch) && Object.keys(branch).length > 1)
    ? undefined
    : source.locate(ref, "schema");
}

/** The names that the mapping has for each schema; it has them or references to them. */
function mappedNames(mapping: JsonObject, source: Source): ReadonlyMap<Component, readonly string[]> {
  const names = new Map<Component, readonly string[]>();
  for (const [name, value] of Object.entries(mapping)) {
    if (typeof value !== "string") continue;
    const ref = /^[A-Za-z0-9._-]+$/.test(value) ? `#/components/schemas/${value}` : value;
    const component = source.locate(ref, "schema");
    if (component !== undefined) names.set(component, [...(names.get(component) ?? []), name]);
  }
  return names;
}
