import { Kind, type TSchema } from "@sinclair/typebox";
import type { Node, ScalarNode } from "./node.ts";
import { unitOf } from "./units.ts";

/** Characters of a value that a problem quotes. */
const QUOTED_LENGTH = 60;

/** Completes "expected …": the schema's own `expected`, or its type and bounds in words. */
export function expected(schema: TSchema): string {
  if (typeof schema.expected === "string") return schema.expected;
  const unit = unitOf(schema);
  if (unit !== undefined) return unit.expected;
  if (schema.const !== undefined) return literal(schema.const);
  const branches = branchesOf(schema);
  if (branches.length > 0) return alternatives([...new Set(branches.map(expected))]);
  const words = WORDS.get(schema[Kind]);
  return words === undefined ? describe(schema) : words(schema);
}

const WORDS: ReadonlyMap<string, (schema: TSchema) => string> = new Map([
  ["FilePath", () => "the path of a file"],
  ["PluginMap", () => "a map of plugins"],
  ["String", stringWords],
  ["Integer", (schema) => `a whole number${boundWords(schema)}`],
  ["Number", (schema) => `a number${boundWords(schema)}`],
  ["Boolean", () => "true or false"],
  ["Null", () => "nothing"],
  ["Array", arrayWords],
  ["Object", () => "a map"],
  ["Record", () => "a map"],
]);

/** Completes "found …". A value that came from a variable or a file is not shown. */
export function found(node: Node): string {
  if (node.kind === "map") return node.entries.length === 0 ? "an empty map" : "a map";
  if (node.kind === "list") return node.items.length === 0 ? "an empty list" : "a list";
  if (node.variables.length > 0) return `the value of ${node.variables.join(" and ")}`;
  return typeof node.value === "string" ? quoted(node.value) : scalarWords(node);
}

/** A text in quotes, cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > QUOTED_LENGTH ? `${text.slice(0, QUOTED_LENGTH)}…` : text);
}

/** `a, b or c`. */
export function alternatives(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The schemas of which a value has to fit one; empty if the schema is no union. */
export function branchesOf(schema: TSchema): readonly TSchema[] {
  const branches: unknown = schema.anyOf;
  return Array.isArray(branches) ? branches : [];
}

function scalarWords({ value, written }: ScalarNode): string {
  if (value === null) return "nothing";
  if (typeof value === "boolean") return written === "" ? String(value) : written;
  return `the number ${written === "" ? value : written}`;
}

function literal(value: unknown): string {
  return typeof value === "string" && /^[\w./-]+$/.test(value) ? value : JSON.stringify(value);
}

function stringWords(schema: TSchema): string {
  const { pattern, minLength, maxLength } = schema;
  if (pattern !== undefined) return `text of the form ${pattern}`;
  if (maxLength !== undefined) return `text of ${minLength ?? 0} to ${maxLength} characters`;
  return minLength === undefined || minLength === 0 ? "text" : "text that is not empty";
}

function boundWords(schema: TSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const bounds = [];
  if (minimum !== undefined && maximum !== undefined) bounds.push(`from ${minimum} to ${maximum}`);
  else if (minimum !== undefined) bounds.push(`of at least ${minimum}`);
  else if (maximum !== undefined) bounds.push(`of at most ${maximum}`);
  if (exclusiveMinimum !== undefined) bounds.push(`above ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined) bounds.push(`below ${exclusiveMaximum}`);
  if (multipleOf !== undefined) bounds.push(`that ${multipleOf} divides`);
  return bounds.map((bound) => ` ${bound}`).join("");
}

function arrayWords({ minItems, maxItems, uniqueItems }: TSchema): string {
  const kind = uniqueItems === true ? "a list without repetitions" : "a list";
  if (minItems !== undefined && maxItems !== undefined) return `${kind} of ${minItems} to ${maxItems}`;
  if (minItems !== undefined) return `${kind} of at least ${minItems}`;
  return maxItems === undefined ? kind : `${kind} of at most ${maxItems}`;
}

function describe(schema: TSchema): string {
  return schema.description === undefined ? "a valid value" : `a valid value (${schema.description})`;
}
