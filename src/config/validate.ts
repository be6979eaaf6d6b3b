import { Kind, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { absolutePath, unreadable } from "./file-path.ts";
import { below, type KeyPath } from "./key-path.ts";
import { didYouMean } from "./nearest.ts";
import { type ListNode, type Node, type ScalarNode, toNode, toValue } from "./node.ts";
import type { Problem } from "./problem.ts";
import { foundAt, isSecretPath } from "./secret-key.ts";
import { parseUnit, unitOf } from "./units.ts";
import { visitIntersect, visitObject, visitPluginMap, visitRecord } from "./validate-map.ts";
import { visitUnion } from "./validate-union.ts";
import { report, type Walk } from "./walk.ts";
import { expected, found } from "./words.ts";

export interface Validated {
  /** Defaults filled in, units decoded; what is not valid is left out. */
  readonly value: unknown;
  /** Every one there is. */
  readonly problems: readonly Problem[];
  /** Nodes in which, or in whose parts, there is a problem. */
  readonly invalid: ReadonlySet<Node>;
}

/**
 * Checks a node against any TypeBox schema and decodes it: defaults filled in, durations, sizes and shares as numbers,
 * file paths absolute. A map without `additionalProperties` in its schema takes no unknown keys.
 */
export function validate(schema: TSchema, node: Node, path?: KeyPath): Validated {
  const walk: Walk = { problems: [], invalid: new Set(), definitions: new Map(), visit };
  const value = visit(schema, node, path, walk);
  return { value, problems: walk.problems, invalid: walk.invalid };
}

function visit(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  const before = walk.problems.length;
  const value = visitKind(schema, node, path, walk);
  if (walk.problems.length > before || isBroken(node) || hasInvalidPart(node, walk)) walk.invalid.add(node);
  return value;
}

function visitKind(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  if (isBroken(node)) return undefined;
  if (schema.$id !== undefined) walk.definitions.set(schema.$id, schema);
  if (isEmpty(node) && isSection(schema)) return visit(schema, toNode(schema.default, node), path, walk);
  switch (schema[Kind]) {
    case "Object":
      return visitObject(schema, node, path, walk);
    case "Record":
      return visitRecord(schema, node, path, walk);
    case "Intersect":
      return visitIntersect(schema, node, path, walk);
    case "PluginMap":
      return visitPluginMap(schema, node, path, walk);
    case "Array":
      return visitArray(schema, node, path, walk);
    case "Union":
      return visitUnion(schema, node, path, walk);
    case "FilePath":
      return visitFilePath(schema, node, path, walk);
    case "This":
    case "Ref":
      return visitReference(schema, node, path, walk);
    default:
      return visitLeaf(schema, node, path, walk);
  }
}

function visitArray(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  if (node.kind !== "list") {
    const hint =
      node.kind === "scalar" && node.value !== null ? `write it as a list: [${shownInList(node, path)}]` : undefined;
    report(walk, node, path, `expected ${expected(schema)}, found ${foundAt(node, path)}`, hint);
    return undefined;
  }
  if (!hasRightLength(schema, node)) {
    report(walk, node, path, `expected ${expected(schema)}, found ${lengthWords(node)}`);
  }
  const items: TSchema = schema.items;
  return node.items.map((item, index) => walk.visit(items, item, below(path, index), walk));
}

function hasRightLength({ minItems, maxItems, uniqueItems }: TSchema, { items }: ListNode): boolean {
  if (items.length < (minItems ?? 0) || items.length > (maxItems ?? Number.POSITIVE_INFINITY)) return false;
  return uniqueItems !== true || new Set(items.map((item) => JSON.stringify(toValue(item)))).size === items.length;
}

function lengthWords({ items }: ListNode): string {
  return items.length === 0 ? "an empty list" : `a list of ${items.length}`;
}

function shownInList({ variables, written }: ScalarNode, path: KeyPath | undefined): string {
  if (isSecretPath(path)) return "…";
  return variables.length > 0 ? JSON.stringify(variables.join("")) : written;
}

function visitFilePath(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  const written = visitLeaf(schema, node, path, walk);
  if (typeof written !== "string") return undefined;
  const absolute = absolutePath(node.source.directory, written);
  const reason = unreadable(absolute);
  if (reason === undefined) return absolute;
  report(walk, node, path, `expected the path of a file that can be read, found ${found(node)}: ${reason}`);
  return undefined;
}

function visitReference(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  const definition = walk.definitions.get(schema.$ref);
  if (definition === undefined) throw new Error(`a schema refers to ${schema.$ref}, which is not around it`);
  return walk.visit(definition, node, path, walk);
}

/** Single values, and the kinds that only TypeBox knows how to check. */
function visitLeaf(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  const value = node.kind === "scalar" ? wantedValue(schema, node) : toValue(node);
  if (!Value.Check(schema, [...walk.definitions.values()], value)) {
    report(
      walk,
      node,
      path,
      `expected ${expected(schema)}, found ${foundAt(node, path)}`,
      leafHint(schema, node, path),
    );
    return undefined;
  }
  const unit = unitOf(schema);
  return unit === undefined ? value : parseUnit(unit, value);
}

/** A variable is always text: where a number or a truth value is wanted, its text is read as one. */
function wantedValue(schema: TSchema, { value, variables }: ScalarNode): unknown {
  if (variables.length === 0 || typeof value !== "string") return value;
  const wanted = schema.const === undefined ? schema.type : typeof schema.const;
  if (wanted === "integer" || wanted === "number") return NUMBER.test(value) ? Number(value) : value;
  if (wanted !== "boolean") return value;
  return value === "true" || (value === "false" ? false : value);
}

const NUMBER = /^-?\d+(?:\.\d+)?$/;

function leafHint(schema: TSchema, node: Node, path: KeyPath | undefined): string | undefined {
  if (node.kind !== "scalar" || node.value === null || node.variables.length > 0) return undefined;
  const isText = typeof node.value === "string";
  if (unitOf(schema) !== undefined) return isText ? undefined : "give it a unit";
  if (schema.type === "string") {
    if (isText) return undefined;
    return isSecretPath(path) ? "write it in quotes" : `write it in quotes: ${JSON.stringify(node.written)}`;
  }
  if (schema.type === "boolean" && isText) return didYouMean(node.written, ["true", "false"]);
  const isNumber = schema.type === "integer" || schema.type === "number";
  return isNumber && node.isQuoted && NUMBER.test(node.written) ? "write it without quotes" : undefined;
}

function isBroken(node: Node): boolean {
  return node.kind === "scalar" && node.isBroken;
}

function hasInvalidPart(node: Node, { invalid }: Walk): boolean {
  if (invalid.size === 0 || node.kind === "scalar") return false;
  if (node.kind === "list") return node.items.some((item) => invalid.has(item));
  return node.entries.some(({ value }) => invalid.has(value));
}

function isEmpty(node: Node): node is ScalarNode {
  return node.kind === "scalar" && node.value === null && node.variables.length === 0;
}

/** A section may be left empty: `admin:` with every line below it commented out. */
function isSection(schema: TSchema): boolean {
  return SECTIONS.has(schema[Kind]) && schema.default !== undefined;
}

const SECTIONS: ReadonlySet<string> = new Set(["Object", "Record", "PluginMap", "Array"]);
