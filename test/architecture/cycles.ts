import type { SourceFile } from "./source.ts";

/** Circles of imports, each as the files on the way round. Imports of types do not count: they are erased. */
export function findCycles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const cycles: string[][] = [];

  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.push([...trail.slice(start), path]);
    if (start !== -1 || done.has(path)) return;
    for (const { to, isType } of byPath.get(path)?.imports ?? []) if (!isType) visit(to, [...trail, path]);
    done.add(path);
  };

  for (const file of files) visit(file.path, []);
  return cycles;
}
