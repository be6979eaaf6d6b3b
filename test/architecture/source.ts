import { resolve } from "node:path";
import { Glob } from "bun";

const PROJECT = resolve(import.meta.dir, "../..");

/** One import, or one export of something that another module has. */
export interface Import {
  /** A path from the project's root if it is a file of the project, else the package as written. */
  readonly to: string;
  /** Erased before it runs. */
  readonly isType: boolean;
  readonly isExport: boolean;
}

/** A source file, by its path from the project's root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** All TypeScript files in the folders named, in the order of their paths. */
export async function sourceFiles(...folders: readonly string[]): Promise<readonly SourceFile[]> {
  const paths: string[] = [];
  for (const folder of folders) {
    for await (const path of new Glob(`${folder}/**/*.ts`).scan(PROJECT)) paths.push(path);
  }
  return await Promise.all(paths.sort().map(sourceFile));
}

async function sourceFile(path: string): Promise<SourceFile> {
  const text = await Bun.file(resolve(PROJECT, path)).text();
  return { path, text, imports: importsOf(text, path) };
}

/** What the file of this text and path imports. The path is one from the project's root. */
export function importsOf(text: string, path: string): readonly Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(STATEMENT)) {
    const [, word = "", type, names = "", specifier = ""] = match;
    const isType = type !== undefined || hasOnlyTypes(names);
    found.push({ to: target(specifier, path), isType, isExport: word === "export" });
  }
  for (const match of text.matchAll(CALL)) {
    found.push({ to: target(match[1] ?? "", path), isType: false, isExport: false });
  }
  return found;
}

/** `import … from "x"`, `export … from "x"`, `import "x"`; they begin a line, as the formatter writes them. */
const STATEMENT = /^(import|export)\s(?:(type)\s)?(?:([\w\s*{},$]*?)\sfrom\s)?"([^"]+)"/gm;

/** `import("x")`, also as a type. */
const CALL = /\bimport\("([^"]+)"\)/g;

function hasOnlyTypes(names: string): boolean {
  const inside = /^\{(.*)\}$/s.exec(names.trim())?.[1];
  if (inside === undefined) return false;
  const list = inside.split(",").map((name) => name.trim());
  return list.every((name) => name === "" || name.startsWith("type "));
}

function target(specifier: string, from: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return resolve("/", from, "..", specifier).slice(1);
}
