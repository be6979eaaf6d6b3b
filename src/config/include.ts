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
  /** Further files may come to match them. */
  readonly patterns: readonly FilePattern[];
  /** Absolute paths that are named and cannot be read at the moment. */
  readonly missing: readonly string[];
  readonly problems: readonly Problem[];
}

/** A pattern of files, below the folder that its plain first part names. */
export interface FilePattern {
  /** Absolute. */
  readonly folder: string;
  readonly pattern: string;
}

/** The files that `include` of the main file names. A pattern passes over the main file itself. */
export function findIncluded(main: LoadedFile): Included {
  const list = entryOf(main.root, "include")?.value;
  if (list?.kind !== "list") return { files: [], patterns: [], missing: [], problems: [] };
  const paths = new Set<string>();
  const patterns: FilePattern[] = [];
  const missing: string[] = [];
  const problems: Problem[] = [];
  for (const [index, node] of list.items.entries()) {
    if (node.kind !== "scalar" || typeof node.value !== "string" || node.isBroken) continue;
    const path = below(undefined, "include", index);
    const isPattern = GLOB.test(node.value);
    const glob = patternOf(node.value, node);
    if (isPattern) patterns.push(glob);
    const matches = isPattern ? matchesOf(glob) : [absolutePath(node.source.directory, node.value)];
    if (matches.length === 0)
      problems.push(problemAt(node, path, `no file matches ${found(node)}`, undefined, "warning"));
    for (const match of matches) {
      const reason = match === main.path ? selfReason(isPattern) : unreadable(match);
      if (reason === undefined) paths.add(match);
      else if (reason !== "") problems.push(problemAt(node, path, `cannot include ${found(node)}: ${reason}`));
      if (reason !== undefined && match !== main.path) missing.push(match);
    }
  }
  return { files: [...paths].map((path) => ({ name: displayName(main, path), path })), patterns, missing, problems };
}

const GLOB = /[*?[\]{}]/;

/** A pattern may well match the file that it is written in; naming that file is a mistake. */
function selfReason(isPattern: boolean): string {
  return isPattern ? "" : "it is this file";
}

function patternOf(written: string, { source }: ScalarNode): FilePattern {
  const parts = written.split("/");
  const firstMagic = parts.findIndex((part) => GLOB.test(part));
  const first = parts.slice(0, firstMagic).join("/") || (isAbsolute(written) ? "/" : ".");
  return { folder: absolutePath(source.directory, first), pattern: parts.slice(firstMagic).join("/") };
}

/** Absolute paths of the files that match now, links to files too: each file of a ConfigMap is one. */
export function matchesOf({ folder, pattern }: FilePattern): readonly string[] {
  if (unreadable(folder) !== "it is a folder") return [];
  try {
    const all = [...new Bun.Glob(pattern).scanSync({ cwd: folder, absolute: true, onlyFiles: false })];
    return all.filter((path) => unreadable(path) !== "it is a folder").sort();
  } catch {
    // A folder below may not be read: what cannot be seen does not match.
    return [];
  }
}

/** The included file as seen from where the main file's name starts. */
function displayName(main: LoadedFile, path: string): string {
  return join(dirname(main.name), relative(dirname(main.path), path));
}
