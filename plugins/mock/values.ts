import { isObject, type Json, type JsonObject, listAt, objectAt, type Source } from "../../src/plugin.ts";
import { textFor } from "./texts.ts";

/** Objects and lists within each other, at most, and values altogether. */
const DEEPEST = 8;
const MOST_VALUES = 1_000;
const MOST_ITEMS = 10;
/** Beyond these it is null, whatever the schema says: some can have no end, and some of which no value is made in time. */
const MOST_NEEDED_VALUES = 5_000;
const MOST_NEEDED_ITEMS = 1_000;
const DEEPEST_NEEDED = 32;
const MOST_STEPS = 5_000;

/**
 * A value that a schema allows, the same each time: what the schema gives as an example, else one that is made. Schemas that refer to
 * themselves end where they may.
 */
export function valueFor(schema: Json | undefined, source: Source): Json {
  return new Maker(source).make(schema, 0, "value");
}

class Maker {
  readonly #source: Source;
  #left = MOST_VALUES;
  #steps = MOST_STEPS;
  /** That are being gone into: a schema may be a branch of itself. */
  #branches = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  get #isSpent(): boolean {
    return this.#left < MOST_VALUES - MOST_NEEDED_VALUES || this.#steps < 0;
  }

  /** @param name of the property, for texts that may say anything */
  make(written: Json | undefined, depth: number, name: string): Json {
    this.#left--;
    if (this.#isSpent || depth > DEEPEST_NEEDED) return null;
    const schema = this.#merged(written, 0);
    const given = givenBy(schema);
    if (given !== undefined) return given;
    const branches = [...listAt(schema, "oneOf"), ...listAt(schema, "anyOf")];
    if (branches.length > 0) {
      const branch = branches[this.#best(branches)] ?? true;
      const { oneOf: _, anyOf: __, ...rest } = schema;
      if (++this.#branches > DEEPEST_NEEDED) return null;
      const made = this.make(Object.keys(rest).length === 0 ? branch : { allOf: [rest, branch] }, depth, name);
      this.#branches--;
      return made;
    }
    switch (typeOf(schema)) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#list(schema, depth, name);
      case "integer":
        return numberFor(schema, 1);
      case "number":
        return numberFor(schema, 0.5);
      case "boolean":
        return true;
      case "null":
        return null;
      case "string":
        return textFor(schema, name);
      default:
        return written === undefined || Object.keys(schema).length === 0 ? {} : textFor(schema, name);
    }
  }

  /** The first branch that is not null and needs nothing within itself, else the first. */
  #best(branches: readonly Json[]): number {
    const isPlain = (branch: Json) => {
      const type = typeOf(this.#merged(branch, 0));
      return type !== "null" && (this.#left > 0 || (type !== "object" && type !== "array"));
    };
    return Math.max(0, branches.findIndex(isPlain));
  }

  #object(schema: JsonObject, depth: number): Json {
    const properties = objectAt(schema, "properties") ?? {};
    const required = new Set(listAt(schema, "required"));
    const value: [string, Json][] = [];
    for (const [name, property] of Object.entries(properties)) {
      if (this.#isSpent) break;
      const isSpare = !required.has(name);
      if (isSpare && (depth >= DEEPEST / 2 || this.#left <= 0)) continue;
      const resolved = this.#source.resolve(property, "schema");
      // What clients only write is in no reply.
      if (resolved?.writeOnly === true || property === false) continue;
      if (depth >= DEEPEST && isStructured(resolved)) continue;
      value.push([name, this.make(property, depth + 1, name)]);
    }
    for (const name of required) {
      if (this.#isSpent) break;
      if (typeof name !== "string" || Object.hasOwn(properties, name)) continue;
      const { additionalProperties } = schema;
      value.push([name, this.make(isObject(additionalProperties) ? additionalProperties : true, depth + 1, name)]);
    }
    return Object.fromEntries(value);
  }

  #list(schema: JsonObject, depth: number, name: string): Json {
    const least = numberAt(schema, "minItems") ?? 0;
    const prefix = listAt(schema, "prefixItems").slice(0, MOST_NEEDED_ITEMS);
    const first = prefix.map((item) => this.make(item, depth + 1, name));
    const wanted = Math.min(
      Math.max(1, least),
      numberAt(schema, "maxItems") ?? MOST_ITEMS,
      Math.max(least, MOST_ITEMS),
    );
    const isOver = depth >= DEEPEST / 2 || this.#left <= 0;
    const count = Math.min(isOver ? Math.min(least, MOST_ITEMS) : wanted, MOST_NEEDED_ITEMS);
    const items = [...first];
    for (let i = first.length; i < count && !this.#isSpent; i++) {
      const item = this.make(schema.items ?? true, depth + 1, name);
      items.push(schema.uniqueItems === true && i > 0 ? another(item, i) : item);
    }
    return items;
  }

  /** The schema without references, with what `allOf` adds. */
  #merged(written: Json | undefined, steps: number): JsonObject {
    const found = this.#source.resolve(written, "schema");
    if (found === undefined || steps > DEEPEST || this.#steps-- < 0) return {};
    const siblings = isObject(written) && typeof written.$ref === "string" ? withoutReference(written) : {};
    const own = { ...found, ...siblings };
    const parts = listAt(own, "allOf");
    if (parts.length === 0) return own;
    const { allOf: _, ...rest } = own;
    return parts.map((part) => this.#merged(part, steps + 1)).reduce(together, rest);
  }
}

function withoutReference({ $ref: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** Both schemas at once; of bounds the narrower one counts. */
function together(a: JsonObject, b: JsonObject): JsonObject {
  const bound = (key: string, pick: (...all: number[]) => number) => {
    const both = [numberAt(a, key), numberAt(b, key)].filter((one) => one !== undefined);
    return both.length === 0 ? {} : { [key]: pick(...both) };
  };
  return {
    ...b,
    ...a,
    ...(a.properties !== undefined || b.properties !== undefined
      ? { properties: { ...objectAt(b, "properties"), ...objectAt(a, "properties") } }
      : {}),
    ...(a.required !== undefined || b.required !== undefined
      ? { required: [...listAt(a, "required"), ...listAt(b, "required")] }
      : {}),
    ...bound("minimum", Math.max),
    ...bound("maximum", Math.min),
    ...bound("minLength", Math.max),
    ...bound("maxLength", Math.min),
    ...bound("minItems", Math.max),
    ...bound("maxItems", Math.min),
  };
}

function givenBy(schema: JsonObject): Json | undefined {
  const [example] = listAt(schema, "examples");
  const [first] = listAt(schema, "enum");
  // Null is a value too.
  return [schema.const, schema.example, example, schema.default, first].find((given) => given !== undefined);
}

function typeOf(schema: JsonObject): string | undefined {
  const types = [schema.type].flat().filter((one) => typeof one === "string");
  const type = types.find((one) => one !== "null") ?? types[0];
  if (type !== undefined) return type;
  if (schema.properties !== undefined || schema.required !== undefined) return "object";
  if (schema.items !== undefined || schema.prefixItems !== undefined) return "array";
  if (schema.minimum !== undefined || schema.maximum !== undefined) return "number";
  return schema.format === undefined && schema.pattern === undefined ? undefined : "string";
}

function isStructured(schema: JsonObject | undefined): boolean {
  const type = schema === undefined ? undefined : typeOf(schema);
  return type === "object" || type === "array";
}

export function numberAt(schema: JsonObject, key: string): number | undefined {
  const value = schema[key];
  return typeof value === "number" ? value : undefined;
}

function numberFor(schema: JsonObject, usualStep: number): number {
  const multiple = numberAt(schema, "multipleOf") ?? 0;
  const step = multiple > 0 ? multiple : usualStep;
  const above = numberAt(schema, "exclusiveMinimum");
  const least = numberAt(schema, "minimum") ?? (above === undefined ? undefined : above + step / 2);
  const below = numberAt(schema, "exclusiveMaximum");
  const most = numberAt(schema, "maximum") ?? (below === undefined ? undefined : below - step / 2);
  const from = Math.max(
    least ?? Number.NEGATIVE_INFINITY,
    above === undefined ? Number.NEGATIVE_INFINITY : above + step / 2,
  );
  if (Number.isFinite(from)) return exact(Math.ceil(from / step - 1e-9) * step);
  if (most !== undefined && most < step) return exact(Math.floor(most / step + 1e-9) * step);
  return exact(step);
}

/** Without the dust of binary fractions. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}

/** One more that is not the same. */
function another(item: Json, index: number): Json {
  if (typeof item === "number") return item + index;
  if (typeof item === "string") return `${item}${index}`;
  if (isObject(item)) {
    const [first] = Object.entries(item).filter(([, value]) => typeof value === "number" || typeof value === "string");
    return first === undefined ? item : { ...item, [first[0]]: another(first[1], index) };
  }
  return item;
}
