import { readFileSync, statSync } from "node:fs";
import { absolutePath, reasonOf } from "./file-path.ts";
import { below, type KeyPath } from "./key-path.ts";
import { didYouMean } from "./nearest.ts";
import type { Node, ScalarNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Bytes of a file that `${file:PATH}` may read: secrets are short. */
const MAX_FILE_BYTES = 1_048_576;

const PLAIN_HINT = `for a plain \${ write $\${`;

/** What a reference stands for: a text, or what is wrong with it. */
type Resolved = { readonly text: string } | { readonly message: string; readonly hint?: string | undefined };

/**
 * Replaces `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `${file:PATH}` in every scalar; `$${` is a plain `${`.
 * Keys are left alone. What cannot be replaced becomes a problem.
 */
export function replaceVariables(root: Node, env: Environment, problems: Problem[]): Node {
  return replaceIn(root, undefined, env, problems);
}

function replaceIn(node: Node, path: KeyPath | undefined, env: Environment, problems: Problem[]): Node {
  if (node.kind === "scalar") return replaceScalar(node, path, env, problems);
  if (node.kind === "list") {
    const items = node.items.map((item, index) => replaceIn(item, below(path, index), env, problems));
    return { ...node, items };
  }
  const entries = node.entries.map((entry) => {
    return { ...entry, value: replaceIn(entry.value, below(path, entry.key), env, problems) };
  });
  return { ...node, entries };
}

function replaceScalar(node: ScalarNode, path: KeyPath | undefined, env: Environment, problems: Problem[]): ScalarNode {
  const { value } = node;
  if (typeof value !== "string" || !value.includes("${")) return node;
  const variables: string[] = [];
  let text = "";
  let at = 0;
  let isBroken = false;
  for (let start = value.indexOf("${"); start !== -1; start = value.indexOf("${", at)) {
    if (value[start - 1] === "$" && start - 1 >= at) {
      text += `${value.slice(at, start - 1)}\${`;
      at = start + 2;
      continue;
    }
    const end = value.indexOf("}", start);
    if (end === -1) {
      problems.push(problemAt(node, path, "a reference has no closing }", PLAIN_HINT));
      return { ...node, isBroken: true };
    }
    const reference = value.slice(start + 2, end);
    const resolved = resolveReference(reference, node, env);
    variables.push(`\${${reference}}`);
    text += value.slice(at, start);
    at = end + 1;
    if ("text" in resolved) {
      text += resolved.text;
      continue;
    }
    problems.push(problemAt(node, path, resolved.message, resolved.hint));
    isBroken = true;
  }
  return { ...node, value: text + value.slice(at), variables, isBroken };
}

function resolveReference(reference: string, node: ScalarNode, env: Environment): Resolved {
  if (reference.startsWith("file:")) return readSecret(reference.slice("file:".length).trim(), node);
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])(.*))?$/s.exec(reference);
  if (match === null) {
    const message = `\${${reference}} is not understood: expected \${NAME}, \${NAME:-default}, \${NAME:?message} or \${file:PATH}`;
    return { message, hint: PLAIN_HINT };
  }
  const [, name = "", operator, operand = ""] = match;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (operator === undefined) return value === undefined ? unset(name, env) : { text: value };
  if (value !== undefined && value !== "") return { text: value };
  if (operator === "-") return { text: operand };
  return { message: `the variable ${name} is not set: ${operand === "" ? "it is required" : operand}` };
}

function unset(name: string, env: Environment): Resolved {
  const hint = didYouMean(name, Object.keys(env)) ?? `set it, or give a default: \${${name}:-default}`;
  return { message: `the variable ${name} is not set`, hint };
}

/** A file's text without the line end that editors add. */
function readSecret(written: string, node: ScalarNode): Resolved {
  const path = absolutePath(node.source.directory, written);
  try {
    if (statSync(path).size > MAX_FILE_BYTES) return { message: `cannot read ${written}: it is larger than 1mb` };
    return { text: readFileSync(path, "utf8").replace(/\r?\n$/, "") };
  } catch (error) {
    return { message: `cannot read ${written}: ${reasonOf(error)}` };
  }
}
