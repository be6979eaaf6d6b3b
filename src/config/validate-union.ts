import { Kind, type TSchema } from "@sinclair/typebox";
import type { KeyPath } from "./key-path.ts";
import { didYouMean } from "./nearest.ts";
import type { Node } from "./node.ts";
import { foundAt } from "./secret-key.ts";
import { report, type Walk } from "./walk.ts";
import { branchesOf, expected } from "./words.ts";

/**
 * A value of one of several forms. The problems of the form that it was most likely meant to be are reported: the one
 * of its kind, and of several maps the one with the fewest problems.
 */
export function visitUnion(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): unknown {
  const candidates = branchesOf(schema).filter((branch) => takesKind(branch, node, walk));
  const tries = candidates.map((branch) => attempt(branch, node, path, walk));
  const fitting = tries.find(({ walk: { problems } }) => problems.length === 0);
  if (fitting !== undefined) return adopt(fitting, walk);
  // A text of no other form is meant as a path, and why it is none says most.
  const file = tries.find((one) => one.schema[Kind] === "FilePath");
  if (file !== undefined) return adopt(file, walk);
  const best = tries.toSorted((a, b) => a.walk.problems.length - b.walk.problems.length)[0];
  if (best !== undefined && (node.kind !== "scalar" || tries.length === 1) && !isLiteral(best.schema)) {
    return adopt(best, walk);
  }
  report(walk, node, path, `expected ${expected(schema)}, found ${foundAt(node, path)}`, literalHint(schema, node));
  return undefined;
}

interface Try {
  readonly schema: TSchema;
  readonly value: unknown;
  readonly walk: Walk;
}

function attempt(schema: TSchema, node: Node, path: KeyPath | undefined, walk: Walk): Try {
  const inner: Walk = { ...walk, problems: [], invalid: new Set() };
  return { schema, value: walk.visit(schema, node, path, inner), walk: inner };
}

function adopt({ value, walk: inner }: Try, walk: Walk): unknown {
  walk.problems.push(...inner.problems);
  for (const node of inner.invalid) walk.invalid.add(node);
  return value;
}

/** Whether a value of the node's kind can be meant for the schema at all. */
function takesKind(schema: TSchema, node: Node, walk: Walk): boolean {
  const branches = branchesOf(schema);
  if (branches.length > 0) return branches.some((branch) => takesKind(branch, node, walk));
  if (schema[Kind] === "This" || schema[Kind] === "Ref") {
    const definition = walk.definitions.get(schema.$ref);
    return definition === undefined || takesKind(definition, node, walk);
  }
  const type: unknown = schema.type;
  if (typeof type !== "string") return true;
  if (node.kind === "map") return type === "object";
  if (node.kind === "list") return type === "array";
  if (type === "object" || type === "array") return false;
  if (node.variables.length > 0) return true;
  if (node.value === null) return type === "null";
  const isNumeric = type === "number" || type === "integer";
  return typeof node.value === "number" ? isNumeric : type === typeof node.value;
}

function isLiteral(schema: TSchema): boolean {
  return schema.const !== undefined;
}

function literalHint(schema: TSchema, node: Node): string | undefined {
  if (node.kind !== "scalar" || node.variables.length > 0) return undefined;
  const literals = branchesOf(schema).map((branch): unknown => branch.const);
  // Of 1.3 YAML makes a number.
  if (typeof node.value === "number" && literals.includes(node.written)) return `write it in quotes: "${node.written}"`;
  if (typeof node.value !== "string") return undefined;
  return didYouMean(
    node.value,
    literals.filter((literal) => typeof literal === "string"),
  );
}
