import { isObject, type Json } from "../json.ts";
import type { Changes } from "./change.ts";
import type { Resolve } from "./resolve.ts";
import { allowsOthers, LOWER, type Shape, shapeOf, UPPER } from "./shape.ts";

/** Both documents, and who sends what the schemas describe. */
export interface SchemaSides {
  readonly before: Resolve;
  readonly after: Resolve;
  /** Of a request the gateway must take what it took; of a response the client must understand what it understood. */
  readonly direction: "request" | "response";
  readonly changes: Changes;
}

/** Deeper parts of a schema are not compared. */
const MOST_DEPTH = 24;

/** Compares two schemas, and all that is in them. */
export function compareSchemas(
  before: Json | undefined,
  after: Json | undefined,
  part: string,
  sides: SchemaSides,
): void {
  new Comparison(sides).compare(before, after, part, 0);
}

class Comparison {
  readonly #sides: SchemaSides;
  /** Pairs that were compared: schemas refer to themselves. */
  readonly #seen = new Map<Json, Set<Json>>();

  constructor(sides: SchemaSides) {
    this.#sides = sides;
  }

  compare(before: Json | undefined, after: Json | undefined, part: string, depth: number): void {
    const old = this.#sides.before(before);
    const next = this.#sides.after(after);
    if (old === undefined || next === undefined || depth > MOST_DEPTH) return;
    const seen = this.#seen.get(old) ?? new Set();
    if (seen.has(next)) return;
    this.#seen.set(old, seen.add(next));
    const a = shapeOf(old, this.#sides.before);
    const b = shapeOf(next, this.#sides.after);
    this.#sets("type", a.types, b.types, part);
    this.#sets("value", a.values, b.values, part);
    this.#bounds(a, b, part);
    this.#properties(a, b, part, depth);
    this.#choices(a, b, part, depth);
    this.compare(a.items, b.items, below(part, "items"), depth + 1);
    if (isObject(a.others) && isObject(b.others)) this.compare(a.others, b.others, below(part, "*"), depth + 1);
  }

  /** In a request fewer are worse, in a response more. Undefined is any. */
  #sets(
    what: string,
    before: ReadonlySet<string> | undefined,
    after: ReadonlySet<string> | undefined,
    part: string,
  ): void {
    const { changes, direction } = this.#sides;
    const isRequest = direction === "request";
    if (before === undefined && after === undefined) return;
    if (before === undefined || after === undefined) {
      const isWorse = isRequest ? before === undefined : after === undefined;
      const words =
        before === undefined ? `only ${listed(after)} from now on` : `any ${what}, not only ${listed(before)}`;
      if (isWorse) changes.breaking(part, words);
      else changes.other(part, words);
      return;
    }
    // Each whole number is a number.
    const gone = [...before.difference(after)].filter((one) => !(one === "integer" && after.has("number")));
    const added = [...after.difference(before)].filter((one) => !(one === "integer" && before.has("number")));
    if (gone.length > 0) {
      const words = `the ${what} ${listed(gone)} is no more`;
      if (isRequest) changes.breaking(part, words);
      else changes.other(part, words);
    }
    if (added.length > 0) {
      const words = `the ${what} ${listed(added)} is new`;
      if (isRequest) changes.other(part, words);
      else changes.breaking(part, words);
    }
  }

  #bounds({ bounds: before }: Shape, { bounds: after }: Shape, part: string): void {
    const { changes, direction } = this.#sides;
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const [a, b] = [before[key], after[key]];
      if (a === b) continue;
      const words = `${key} is ${b ?? "no more"}${a === undefined ? "" : `, was ${a}`}`;
      if (direction === "request" && isTighter(key, a, b)) changes.breaking(part, words);
      else changes.other(part, words);
    }
  }

  #properties(a: Shape, b: Shape, part: string, depth: number): void {
    const { changes, direction } = this.#sides;
    const isRequest = direction === "request";
    for (const [name, schema] of a.properties) {
      const at = below(part, name);
      const next = b.properties.get(name);
      if (next !== undefined) this.compare(schema, next, at, depth + 1);
      else if (!isRequest) changes.breaking(at, "the property is no more");
      else if (allowsOthers(b)) changes.other(at, "the property is no more");
      else changes.breaking(at, "the property is not allowed any more");
    }
    for (const name of b.properties.keys()) {
      if (!a.properties.has(name) && !(isRequest && b.required.has(name))) {
        changes.other(below(part, name), "the property is new");
      }
    }
    for (const name of b.required.difference(a.required)) {
      if (isRequest) changes.breaking(below(part, name), "the property is required from now on");
    }
    for (const name of a.required.difference(b.required)) {
      if (!b.properties.has(name) && a.properties.has(name)) continue;
      if (isRequest) changes.other(below(part, name), "the property is not required any more");
      else changes.breaking(below(part, name), "the property may be missing from now on");
    }
  }

  /** Variants are compared in their order: which one was meant nobody knows. */
  #choices({ choices: before }: Shape, { choices: after }: Shape, part: string, depth: number): void {
    const { changes, direction } = this.#sides;
    const isWorse = direction === "request" ? after.length < before.length : after.length > before.length;
    if (before.length !== after.length) {
      const words = `there are ${after.length} variants, there were ${before.length}`;
      if (isWorse) changes.breaking(part, words);
      else changes.other(part, words);
      return;
    }
    before.forEach((one, index) => {
      this.compare(one, after[index], below(part, `variant ${index + 1}`), depth + 1);
    });
  }
}

function isTighter(key: string, before: Json | undefined, after: Json | undefined): boolean {
  if (after === undefined) return false;
  const isLower = (LOWER as readonly string[]).includes(key);
  const isUpper = (UPPER as readonly string[]).includes(key);
  if (!(isLower || isUpper) || typeof before !== "number" || typeof after !== "number") return key !== "format";
  return isLower ? after > before : after < before;
}

function below(part: string, name: string): string {
  return part === "" ? name : `${part} > ${name}`;
}

function listed(words: Iterable<string> | undefined): string {
  return [...(words ?? [])].join(", ");
}
