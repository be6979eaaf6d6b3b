import {
  type Component,
  copyNode,
  type Draft,
  isObject,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  type Source,
} from "../../src/plugin.ts";
import { chooseByDiscriminator } from "./discriminator.ts";
import { STEP } from "./step.ts";

/** Which way a message goes: what is only read is not wanted in requests, what is only written not in replies. */
export type Direction = "request" | "response";

/** Objects of one schema and all that it refers to, at most: more takes too long to compile. */
const MOST_OBJECTS = 5_000;

/** The name of an empty schema, for references that lead nowhere. */
export const UNKNOWN_SCHEMA = "/unknown";

/** A schema that a compiler for JSON Schema 2020-12 takes, and those that it refers to. */
export interface SelfContained {
  readonly schema: Json;
  /** By the names that references have now. */
  readonly others: ReadonlyMap<string, Json>;
  /** References that lead nowhere: behind them all is right. */
  readonly broken: ReadonlySet<string>;
}

interface Copied {
  readonly copy: Json;
  readonly objects: number;
  readonly broken: readonly string[];
}

/** Takes schemas out of a document, each component under one name. */
export class Extractor {
  readonly #source: Source;
  readonly #direction: Direction;
  readonly #names = new Map<Component, string>();
  readonly #copies = new Map<Component, Copied>();

  constructor(source: Source, direction: Direction) {
    this.#source = source;
    this.#direction = direction;
  }

  /** Throws Error if there is too much of it. */
  extract(schema: Json): SelfContained {
    const needed = new Set<Component>();
    const root = this.#copy(schema, needed);
    let objects = root.objects;
    const broken = new Set(root.broken);
    const others = new Map<string, Json>([[UNKNOWN_SCHEMA, {}]]);
    // A set is walked on to what is added meanwhile.
    for (const component of needed) {
      const known = this.#copies.get(component);
      if (known !== undefined)
        for (const other of this.#source.references(component.value, "schema")) needed.add(other);
      const copied = known ?? this.#copy(component.value, needed);
      this.#copies.set(component, copied);
      objects += copied.objects;
      for (const ref of copied.broken) broken.add(ref);
      if (objects > MOST_OBJECTS) throw new Error(`it consists of more than ${MOST_OBJECTS} objects`);
      const { copy } = copied;
      // Whatever refers to itself does so through a component.
      others.set(this.#nameOf(component), isObject(copy) ? { ...copy, [STEP]: true } : copy);
    }
    if (objects > MOST_OBJECTS) throw new Error(`it consists of more than ${MOST_OBJECTS} objects`);
    return { schema: root.copy, others, broken };
  }

  #nameOf(component: Component): string {
    const name = this.#names.get(component) ?? `/c${this.#names.size}`;
    this.#names.set(component, name);
    return name;
  }

  #reference(ref: string, needed: Set<Component>): string {
    const component = this.#source.locate(ref, "schema");
    if (component === undefined) return UNKNOWN_SCHEMA;
    needed.add(component);
    return this.#nameOf(component);
  }

  #copy(schema: Json, needed: Set<Component>): Copied {
    let objects = 0;
    const broken: string[] = [];
    const copy = copyNode(schema, "schema", {
      reference: (ref) => this.#reference(ref, needed),
      leave: (own, kind, original) => {
        if (kind !== "schema") return;
        objects++;
        for (const ref of [original.$ref, original.$dynamicRef]) {
          if (typeof ref === "string" && this.#source.locate(ref, "schema") === undefined) broken.push(ref);
        }
        if (typeof original.$dynamicRef === "string") {
          own.$ref = this.#reference(original.$dynamicRef, needed);
          delete own.$dynamicRef;
        }
        this.#adapt(own, original);
      },
    });
    return { copy, objects, broken };
  }

  #adapt(copy: Draft, original: JsonObject): void {
    chooseByDiscriminator(copy, original, this.#source);
    for (const key of IDENTITIES) delete copy[key];
    if (typeof copy.id === "string") delete copy.id;
    if (typeof copy.nullable === "boolean" && copy.type === undefined) adaptNullable(copy);
    if (!Array.isArray(original.required) && !Array.isArray(original.allOf)) return;
    const names = this.#otherWay(original, 0);
    if (names.size > 0) withoutRequired(copy, names);
  }

  /** Properties that are not wanted this way, of the schema and those that it is composed of. */
  #otherWay(schema: JsonObject, depth: number): Set<string> {
    const keyword = this.#direction === "request" ? "readOnly" : "writeOnly";
    const found = Object.entries(objectAt(schema, "properties") ?? {}).flatMap(([name, property]) => {
      const isOtherWay = [property, this.#source.resolve(property, "schema")].some(
        (one) => isObject(one) && one[keyword] === true,
      );
      return isOtherWay ? [name] : [];
    });
    const names = new Set(found);
    if (depth === DEEPEST) return names;
    for (const part of [
      ...listAt(schema, "allOf"),
      ...(typeof schema.$ref === "string" ? [{ $ref: schema.$ref }] : []),
    ]) {
      const resolved = this.#source.resolve(part, "schema");
      if (resolved !== undefined && resolved !== schema)
        for (const name of this.#otherWay(resolved, depth + 1)) names.add(name);
    }
    return names;
  }
}

/** Schemas that are composed of others, which are composed of others. */
const DEEPEST = 8;

/** Neither it nor its own parts want them: a part may require what another one has. */
function withoutRequired(copy: Draft, names: ReadonlySet<string>): void {
  if (Array.isArray(copy.required)) {
    copy.required = copy.required.filter((name) => typeof name !== "string" || !names.has(name));
  }
  for (const part of listAt(copy, "allOf")) if (isObject(part)) withoutRequired(part as Draft, names);
}

/** What a schema is known by, and where it keeps others: references have other names now. */
const IDENTITIES = ["$id", "$schema", "$anchor", "$dynamicAnchor", "$defs", "definitions", "discriminator"];

/** A keyword of OpenAPI 3.0 that the upgrade leaves where a schema has no type. */
function adaptNullable(copy: Draft): void {
  const { nullable, ...rest } = copy;
  for (const key of Object.keys(copy)) delete copy[key];
  if (nullable === true && Object.keys(rest).length > 0) copy.anyOf = [rest, { type: "null" }];
  else Object.assign(copy, rest);
}
