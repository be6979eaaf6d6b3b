import fc from "fast-check";
import { isObject, type Json, type JsonObject, listAt, objectAt, pointerToken, type Source } from "../../src/plugin.ts";

/** Values that a schema allows: of the keywords that the demo's documents have. */
export function valuesOf(schema: Json, source: Source): fc.Arbitrary<Json> {
  const found = source.resolve(schema, "schema");
  if (found === undefined) return fc.constant("anything");
  if (found.const !== undefined) return fc.constant(found.const);
  if (Array.isArray(found.enum)) return fc.constantFrom(...found.enum);
  const branches = [...listAt(found, "anyOf"), ...listAt(found, "oneOf")];
  if (branches.length > 0) return fc.oneof(...branches.map((branch) => valuesOf(branch, source)));
  switch (found.type) {
    case "integer":
      return fc.integer({
        min: numberAt(found, "minimum") ?? -1_000_000,
        max: numberAt(found, "maximum") ?? 1_000_000,
      });
    case "number":
      return fc.double({
        min: numberAt(found, "exclusiveMinimum") ?? numberAt(found, "minimum") ?? -1e6,
        max: numberAt(found, "maximum") ?? 1e6,
        minExcluded: found.exclusiveMinimum !== undefined,
        noNaN: true,
      });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(valuesOf(found.items ?? true, source), {
        minLength: numberAt(found, "minItems") ?? 0,
        maxLength: Math.min(5, numberAt(found, "maxItems") ?? 5),
      });
    case "object":
      return objectsOf(found, source);
    default:
      return textsOf(found);
  }
}

function numberAt(schema: JsonObject, key: string): number | undefined {
  const value = schema[key];
  return typeof value === "number" ? value : undefined;
}

function textsOf(schema: JsonObject): fc.Arbitrary<string> {
  if (schema.format === "email") return fc.stringMatching(/^[a-z]{1,10}@[a-z]{1,10}\.example$/);
  if (schema.format === "integer") return fc.integer({ min: 1, max: 100 }).map(String);
  if (schema.format === "numeric") return fc.integer({ min: 1, max: 100 }).map(String);
  const minLength = numberAt(schema, "minLength") ?? 0;
  return fc.string({ unit: "grapheme-ascii", minLength, maxLength: numberAt(schema, "maxLength") ?? 30 });
}

function objectsOf(schema: JsonObject, source: Source): fc.Arbitrary<Json> {
  const properties = objectAt(schema, "properties") ?? {};
  const model = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valuesOf(one, source)]));
  const requiredKeys = listAt(schema, "required").filter((name) => typeof name === "string" && name in model);
  return fc.record(model, { requiredKeys: requiredKeys as string[] }) as fc.Arbitrary<Json>;
}

/** A way to make a valid value invalid, and where that is found then. */
export interface Breakage {
  readonly pointer: string;
  readonly broken: Json;
}

/** All ways to break a valid value in one place: what is required left out, another type, a bound passed. */
export function breakagesOf(value: Json, schema: Json, source: Source, pointer = ""): readonly Breakage[] {
  const found = source.resolve(schema, "schema");
  if (found === undefined) return [];
  const here = (broken: Json): Breakage => ({ pointer, broken });
  const branches = [...listAt(found, "anyOf"), ...listAt(found, "oneOf")];
  if (branches.length > 0 || found.const !== undefined || Array.isArray(found.enum))
    return [here({}), here("no such value")];
  if (Array.isArray(value)) return brokenLists(value, found, source, pointer);
  if (isObject(value)) return brokenObjects(value, found, source, pointer);
  const wrong: Breakage[] = [here({}), here([])];
  const { maxLength, minLength } = found;
  if (typeof value === "string") wrong.push(here(5));
  else wrong.push(here("text"));
  if (typeof maxLength === "number") wrong.push(here("a".repeat(maxLength + 1)));
  if (typeof minLength === "number" && minLength > 0) wrong.push(here(""));
  if (found.format === "email") wrong.push(here("nobody"));
  if (typeof found.minimum === "number") wrong.push(here(found.minimum - 1));
  if (typeof found.maximum === "number") wrong.push(here(found.maximum + 1));
  return wrong;
}

function brokenLists(value: readonly Json[], schema: JsonObject, source: Source, pointer: string): readonly Breakage[] {
  const { minItems, maxItems, items = true } = schema;
  const wrong: Breakage[] = [{ pointer, broken: {} }];
  if (typeof minItems === "number" && minItems > 0) wrong.push({ pointer, broken: [] });
  if (typeof maxItems === "number" && value.length > 0) {
    wrong.push({ pointer, broken: Array.from({ length: maxItems + 1 }, () => value[0] ?? null) });
  }
  for (const [i, item] of value.entries()) {
    for (const { pointer: at, broken } of breakagesOf(item, items, source, `${pointer}/${i}`)) {
      wrong.push({ pointer: at, broken: value.with(i, broken) });
    }
  }
  return wrong;
}

function brokenObjects(value: JsonObject, schema: JsonObject, source: Source, pointer: string): readonly Breakage[] {
  const wrong: Breakage[] = [{ pointer, broken: [] }];
  for (const name of listAt(schema, "required")) {
    if (typeof name !== "string") continue;
    const { [name]: _, ...rest } = value;
    wrong.push({ pointer: `${pointer}/${pointerToken(name)}`, broken: rest });
  }
  for (const [name, inner] of Object.entries(value)) {
    const property = objectAt(schema, "properties")?.[name];
    if (property === undefined) continue;
    for (const { pointer: at, broken } of breakagesOf(inner, property, source, `${pointer}/${pointerToken(name)}`)) {
      wrong.push({ pointer: at, broken: { ...value, [name]: broken } });
    }
  }
  return wrong;
}
