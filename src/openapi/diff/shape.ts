import { isObject, type Json, type JsonObject, listAt, objectAt } from "../json.ts";
import type { Resolve } from "./resolve.ts";

/** What a schema demands by itself, with what its `allOf` adds. Undefined: anything, or no bound. */
export interface Shape {
  readonly types: ReadonlySet<string> | undefined;
  /** Each as JSON. */
  readonly values: ReadonlySet<string> | undefined;
  readonly properties: ReadonlyMap<string, Json>;
  readonly required: ReadonlySet<string>;
  readonly items: Json | undefined;
  /** Of maps: what their values are; false: there are no others than the properties. */
  readonly others: Json | undefined;
  readonly choices: readonly Json[];
  readonly bounds: Readonly<Record<string, Json>>;
}

/** Lower bounds and upper ones. */
export const LOWER = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"] as const;
export const UPPER = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"] as const;
const BOUNDS = [...LOWER, ...UPPER, "pattern", "format", "multipleOf"];

/** A chain of `allOf` that is longer is left at that. */
const MOST_DEPTH = 16;

export function shapeOf(schema: JsonObject, resolve: Resolve, depth = 0): Shape {
  const own = ownShape(schema);
  if (depth >= MOST_DEPTH) return own;
  return listAt(schema, "allOf").reduce<Shape>((shape, part) => {
    const resolved = resolve(part);
    return resolved === undefined ? shape : both(shape, shapeOf(resolved, resolve, depth + 1));
  }, own);
}

function ownShape(schema: JsonObject): Shape {
  const { type } = schema;
  const types = typeof type === "string" ? [type] : listAt(schema, "type").filter((one) => typeof one === "string");
  const values = "const" in schema ? [schema.const as Json] : listAt(schema, "enum");
  return {
    types: types.length === 0 ? undefined : new Set(types),
    values: values.length === 0 ? undefined : new Set(values.map((value) => JSON.stringify(value))),
    properties: new Map(Object.entries(objectAt(schema, "properties") ?? {})),
    required: new Set(listAt(schema, "required").filter((one) => typeof one === "string")),
    items: schema.items,
    others: schema.additionalProperties,
    choices: [...listAt(schema, "oneOf"), ...listAt(schema, "anyOf")],
    bounds: Object.fromEntries(BOUNDS.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]]))),
  };
}

function both(a: Shape, b: Shape): Shape {
  return {
    types: intersection(a.types, b.types),
    values: intersection(a.values, b.values),
    properties: new Map([...b.properties, ...a.properties]),
    required: a.required.union(b.required),
    items: a.items ?? b.items,
    others: a.others ?? b.others,
    choices: [...a.choices, ...b.choices],
    bounds: { ...b.bounds, ...a.bounds },
  };
}

function intersection(
  a: ReadonlySet<string> | undefined,
  b: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.intersection(b);
}

/** Whether a schema that stands for the other properties of a map lets them be. */
export function allowsOthers({ others }: Shape): boolean {
  return others !== false && (others === undefined || others === true || isObject(others));
}
