import { isObject, type Json, type JsonObject, listAt, objectAt, type Source } from "../../src/plugin.ts";

export type TypeName = "string" | "number" | "boolean" | "null" | "array" | "object";

/** What a text may stand for, as far as a schema tells: texts have no types of their own. */
export interface Shape {
  /** Empty: anything. */
  readonly types: ReadonlySet<TypeName>;
  readonly items: Shape | undefined;
  readonly properties: ReadonlyMap<string, Shape>;
  /** Of properties that have no shape of their own. */
  readonly rest: Shape | undefined;
  /** Whether a text in it may be a text as well as something else. */
  readonly isAmbiguous: boolean;
}

/** A schema may refer to itself. */
const DEEPEST = 4;
/** Schemas that are looked at for one shape: one that refers to itself in many branches has very many. */
const MOST_STEPS = 5_000;

/** Reads schemas of a document, up to so many. */
interface Reader {
  readonly source: Source;
  steps: number;
}

export function shapeOf(schema: Json | undefined, source: Source): Shape {
  return read(schema, { source, steps: 0 }, 0);
}

function read(schema: Json | undefined, reader: Reader, depth: number): Shape {
  if (depth > DEEPEST) return ANY;
  const parts = partsOf(schema, reader, 0);
  const types = typesOf(schema, reader, 0) ?? new Set<TypeName>();
  const inner = (one: Json | undefined) => (one === undefined ? undefined : read(one, reader, depth + 1));
  const items = inner(parts.map((part) => part.items).find((one) => one !== undefined));
  const rest = inner(parts.map((part) => part.additionalProperties).find(isObject));
  const properties = new Map<string, Shape>();
  for (const part of parts) {
    for (const [name, property] of Object.entries(objectAt(part, "properties") ?? {})) {
      if (!properties.has(name)) properties.set(name, read(property, reader, depth + 1));
    }
  }
  const isAmbiguous =
    (types.has("string") && types.size > 1) ||
    [items, rest, ...properties.values()].some((one) => one?.isAmbiguous === true);
  return { types, items, properties, rest, isAmbiguous };
}

/** Nothing is known of it: a text is one. */
export const ANY: Shape = {
  types: new Set(),
  items: undefined,
  properties: new Map(),
  rest: undefined,
  isAmbiguous: false,
};

/** The schema and those that it is composed of. */
function partsOf(schema: Json | undefined, reader: Reader, depth: number): readonly JsonObject[] {
  const found = resolved(schema, reader);
  if (found === undefined || depth > DEEPEST) return [];
  const composed = ["allOf", "anyOf", "oneOf"].flatMap((key) => listAt(found, key));
  const own = isObject(schema) && schema !== found ? [schema] : [];
  return [...own, found, ...composed.flatMap((part) => partsOf(part, reader, depth + 1))];
}

/** Undefined where there is none, or enough was looked at. */
function resolved(schema: Json | undefined, reader: Reader): JsonObject | undefined {
  return ++reader.steps > MOST_STEPS ? undefined : reader.source.resolve(schema, "schema");
}

/** Undefined: anything. */
function typesOf(schema: Json | undefined, reader: Reader, depth: number): Set<TypeName> | undefined {
  const found = resolved(schema, reader);
  if (found === undefined || depth > DEEPEST) return undefined;
  const written = [found.type].flat().filter((one) => typeof one === "string");
  if (written.length > 0) return withNull(found, new Set(written.flatMap((name) => NAMES.get(name) ?? [])));
  if (Array.isArray(found.enum)) return withNull(found, new Set(found.enum.map(typeName)));
  if (found.const !== undefined) return withNull(found, new Set([typeName(found.const)]));
  for (const key of ["anyOf", "oneOf"]) {
    const branches = listAt(found, key).map((part) => typesOf(part, reader, depth + 1));
    if (branches.length === 0) continue;
    if (branches.includes(undefined)) return undefined;
    return withNull(found, new Set(branches.flatMap((types) => [...(types ?? [])])));
  }
  for (const part of listAt(found, "allOf")) {
    const types = typesOf(part, reader, depth + 1);
    if (types !== undefined) return withNull(found, types);
  }
  if (found.properties !== undefined) return new Set(["object"]);
  return found.items === undefined ? undefined : new Set(["array"]);
}

function withNull(schema: JsonObject, types: Set<TypeName>): Set<TypeName> {
  if (schema.nullable === true) types.add("null");
  return types;
}

const NAMES: ReadonlyMap<string, TypeName> = new Map([
  ["string", "string"],
  ["number", "number"],
  ["integer", "number"],
  ["boolean", "boolean"],
  ["null", "null"],
  ["array", "array"],
  ["object", "object"],
]);

function typeName(value: Json): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return NAMES.get(typeof value) ?? "object";
}
