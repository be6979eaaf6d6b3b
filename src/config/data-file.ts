import { isAbsolute, relative } from "node:path";
import type { Static, TSchema } from "@sinclair/typebox";
import { below, type KeyPath } from "./key-path.ts";
import { loadFile } from "./load-file.ts";
import { nearestNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import { formatProblem } from "./report.ts";

/** What is wrong in a file beyond its schema, and where: the keys and indexes on the way there. */
export interface DataProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Reads a YAML file that a plugin keeps beside the configuration, checked and decoded like the configuration itself; no
 * variables are replaced but those of files. `path` is absolute; people see it relative to `directory`. Throws Error
 * with every problem at its place.
 */
export async function readDataFile<S extends TSchema>(
  path: string,
  schema: S,
  directory: string,
  check: (value: Static<S>) => readonly DataProblem[] = () => [],
): Promise<Static<S>> {
  const { root, value, problems } = await loadFile(shownPath(path, directory), path, schema, {});
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(textOf(errors));
  const found = check(value as Static<S>).map((problem) => {
    return problemAt(nearestNode(root, problem.path), keyPathOf(problem.path), problem.message);
  });
  if (found.length > 0) throw new Error(textOf(found));
  return value as Static<S>;
}

function keyPathOf(keys: readonly (string | number)[]): KeyPath | undefined {
  return keys.reduce<KeyPath | undefined>((path, key) => below(path, key), undefined);
}

/** One line for each: they become part of another message. */
function textOf(problems: readonly Problem[]): string {
  return problems.map((problem) => formatProblem({ ...problem, excerpt: undefined }, false).trimEnd()).join("\n  ");
}

function shownPath(path: string, directory: string): string {
  const name = relative(directory, path);
  return name.startsWith("..") || isAbsolute(name) ? path : name;
}
