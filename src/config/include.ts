import { dirname, isAbsolute, join, relative } from "node:path";
import { absolutePath, unreadable } from "./file-path.ts";
import { below } from "./key-path.ts";
import type { LoadedFile } from "./load-file.ts";
import { entryOf, type ScalarNode } from "./node.ts";
import { type Problem, problemAt } from "./problem.ts";
import { found } from "./words.ts";

/** A file to include. */
export interface IncludedFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export interface Included {
  /** Each once: in the order of the patterns, by name within one. */
  readonly files: readonly IncludedFile[];
  readonly problems: readonly Problem[];
}

/** The files that `include` of the main file names. A pattern passes over the main file itself. */
export async function findIncluded(main: LoadedFile): Promise<Included> {
  const list = entryOf(main.root, "include")?.value;
  if (list?.kind !== "list") return { files: [], problems: [] };
  const paths = new Set<string>();
  const problems: Problem[] = [];
  for (const [index, node] of list.items.entries()) {
    if (node.kind !== "scalar" || typeof node.value !== "string" || node.isBroken) continue;
    const path = below(undefined, "include", index);
    const isPattern = GLOB.test(node.value);
    const matches = isPattern ? await scan(node.value, node) : [absolutePath(node.source.directory, node.value)];
    if (matches.length === 0)
      problems.push(problemAt(node, path, `no file matches ${found(node)}`, undefined, "warning"));
    for (const match of matches) {
      const reason = match === main.path ? selfReason(isPattern) : unreadable(match);
      if (reason === undefined) paths.add(match);
      else if (reason !== "") problems.push(problemAt(node, path, `cannot include ${found(node)}: ${reason}`));
    }
  }
  return { files: [...paths].map((path) => ({ name: displayName(main, path), path })), problems };
}

const GLOB = /[*?[\]{}]/;

/** A pattern may well match the file that it is written in; naming that file is a mistake. */
function selfReason(isPattern: boolean): string {
  return isPattern ? "" : "it is this file";
}

/** The pattern's files below the folder that its plain first part names. */
async function scan(pattern: string, { source }: ScalarNode): Promise<string[]> {
  const parts = pattern.split("/");
  const firstMagic = parts.findIndex((part) => GLOB.test(part));
  const cwd = absolutePath(source.directory, parts.slice(0, firstMagic).join("/") || (isAbsolute(pattern) ? "/" : "."));
  if (unreadable(cwd) !== "it is a folder") return [];
  const glob = new Bun.Glob(parts.slice(firstMagic).join("/"));
  const matches = await Array.fromAsync(glob.scan({ cwd, absolute: true, onlyFiles: true }));
  return matches.sort();
}

/** The included file as seen from where the main file's name starts. */
function displayName(main: LoadedFile, path: string): string {
  return join(dirname(main.name), relative(dirname(main.path), path));
}
