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
  /** Whether there may be properties of which nothing is said. */
  readonly isOpen: boolean;
}

/** Schemas that are composed of others, which are composed of others. */
const DEEPEST = 8;
/** Schemas that are looked at for one shape: one that refers to itself in many branches has very many. */
const MOST_STEPS = 5_000;

/** Reads schemas of a document, up to so many. */
interface Reader {
  readonly source: Source;
  steps: number;
}

/** One for each schema of a document, however often it is referred to: a schema may refer to itself. */
const known = new WeakMap<Source, WeakMap<object, Shape>>();

export function shapeOf(schema: Json | undefined, source: Source): Shape {
  if (!isObject(schema)) return ANY;
  const shapes = known.get(source) ?? new WeakMap<object, Shape>();
  known.set(source, shapes);
  const shape = shapes.get(schema) ?? new SchemaShape(schema, source);
  shapes.set(schema, shape);
  return shape;
}

/** Looks into the schema as far as it is asked. */
class SchemaShape implements Shape {
  readonly #schema: JsonObject;
  readonly #source: Source;
  #types: ReadonlySet<TypeName> | undefined = undefined;
  #parts: readonly JsonObject[] | undefined = undefined;
  #properties: ReadonlyMap<string, Shape> | undefined = undefined;

  constructor(schema: JsonObject, source: Source) {
    this.#schema = schema;
    this.#source = source;
  }

  get types(): ReadonlySet<TypeName> {
    this.#types ??= typesOf(this.#schema, this.#reader(), 0) ?? new Set();
    return this.#types;
  }

  get items(): Shape | undefined {
    return this.#inner(
      this.#composed()
        .map((part) => part.items)
        .find((one) => one !== undefined),
    );
  }

  get properties(): ReadonlyMap<string, Shape> {
    if (this.#properties !== undefined) return this.#properties;
    const properties = new Map<string, Shape>();
    for (const part of this.#composed()) {
      for (const [name, property] of Object.entries(objectAt(part, "properties") ?? {})) {
        if (!properties.has(name)) properties.set(name, shapeOf(property, this.#source));
      }
    }
    this.#properties = properties;
    return properties;
  }

  get rest(): Shape | undefined {
    return this.#inner(
      this.#composed()
        .map((part) => part.additionalProperties)
        .find(isObject),
    );
  }

  get isOpen(): boolean {
    const parts = this.#composed();
    return (
      parts.some(({ additionalProperties: own }) => own !== undefined && own !== false) ||
      (this.properties.size === 0 && !parts.some((part) => part.additionalProperties === false))
    );
  }

  #composed(): readonly JsonObject[] {
    this.#parts ??= partsOf(this.#schema, this.#reader(), 0);
    return this.#parts;
  }

  #inner(schema: Json | undefined): Shape | undefined {
    return schema === undefined ? undefined : shapeOf(schema, this.#source);
  }

  #reader(): Reader {
    return { source: this.#source, steps: 0 };
  }
}

/** Nothing is known of it: a text is one. */
export const ANY: Shape = {
  types: new Set(),
  items: undefined,
  properties: new Map(),
  rest: undefined,
  isOpen: true,
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
