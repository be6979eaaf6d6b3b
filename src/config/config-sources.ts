import { readFileSync } from "node:fs";
import { absolutePath } from "./file-path.ts";
import { type FilePattern, type Included, matchesOf } from "./include.ts";
import type { LoadedFile } from "./load-file.ts";
import type { Node } from "./node.ts";

/** What a configuration was read from. */
export interface ConfigSources {
  /** Absolute paths: the main file first, all that it includes, and files of secrets. */
  readonly files: readonly string[];
  /** Further files may come to match these. */
  readonly patterns: readonly FilePattern[];
  /** Tells one content of all of them from another. */
  readonly digest: string;
}

/** The sources of files that were loaded, and of those that should have been: when they come, that is a change. */
export function sourcesOf(
  loaded: readonly LoadedFile[],
  { patterns, missing }: Pick<Included, "patterns" | "missing">,
): ConfigSources {
  const secrets = new Set(loaded.flatMap(({ root }) => secretFiles(root)));
  const files = [...loaded.map(({ path }) => path), ...secrets, ...missing];
  const texts = new Map(loaded.map(({ path, root, isRead }) => [path, isRead ? root.source.text : undefined]));
  return {
    files,
    patterns,
    digest: digestOf(files, patterns, (file) => (texts.has(file) ? texts.get(file) : textOf(file))),
  };
}

/** The digest of what is there now. */
export function currentDigest({ files, patterns }: Pick<ConfigSources, "files" | "patterns">): string {
  return digestOf(files, patterns, textOf);
}

function digestOf(
  files: readonly string[],
  patterns: readonly FilePattern[],
  read: (file: string) => string | undefined,
): string {
  const content = [files.map((file) => [file, read(file) ?? null]), patterns.map(matchesOf)];
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(content)).digest("hex");
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** What `${file:PATH}` has been replaced by is read again with the rest. */
function secretFiles(node: Node): readonly string[] {
  if (node.kind === "list") return node.items.flatMap(secretFiles);
  if (node.kind === "map") return node.entries.flatMap(({ value }) => secretFiles(value));
  return node.variables.flatMap((variable) => {
    const path = /^\$\{file:(.+)\}$/s.exec(variable)?.[1];
    return path === undefined ? [] : [absolutePath(node.source.directory, path.trim())];
  });
}
