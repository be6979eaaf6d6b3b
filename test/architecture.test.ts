import { describe, expect, test } from "bun:test";
import { findCycles } from "./architecture/cycles.ts";
import { HOME_OF, MAY_IMPORT, MOST_LINES } from "./architecture/rules.ts";
import { importsOf, type SourceFile, sourceFiles } from "./architecture/source.ts";

const core = await sourceFiles("src");
const plugins = await sourceFiles("plugins");
const all = [...core, ...plugins];

/** `src/config/env.ts` → `config`, `src/errors.ts` → `errors`. */
function partOf(path: string): string {
  return path.split("/")[1]?.replace(/\.ts$/, "") ?? path;
}

/** Every import that `isWrong` says is, as "file → what it imports". */
function wrongImports(
  files: readonly SourceFile[],
  isWrong: (to: string, file: SourceFile, isType: boolean) => boolean,
): readonly string[] {
  return files.flatMap((file) =>
    file.imports.filter(({ to, isType }) => isWrong(to, file, isType)).map(({ to }) => `${file.path} → ${to}`),
  );
}

function lives(file: SourceFile, homes: readonly string[]): boolean {
  return homes.some((home) => (home.endsWith("/") ? file.path.startsWith(home) : file.path === home));
}

function lineCount(file: SourceFile): number {
  return file.text.trimEnd().split("\n").length;
}

describe("the source", () => {
  test("is found", () => {
    expect(core.map((file) => file.path)).toContain("src/plugin.ts");
    expect(plugins.length).toBeGreaterThan(0);
  });

  test("imports in one direction between its parts", () => {
    const wrong = wrongImports(core, (to, file) => {
      if (!to.startsWith("src/")) return false;
      const [from, part] = [partOf(file.path), partOf(to)];
      return from !== part && !(MAY_IMPORT[from] ?? []).includes(part);
    });
    expect(wrong).toEqual([]);
  });

  test("never imports plugins, tests or examples", () => {
    expect(wrongImports(core, (to) => /^(plugins|test|examples)\//.test(to))).toEqual([]);
  });

  test("has no cycle of imports", () => {
    expect(findCycles(all).map((cycle) => cycle.join(" → "))).toEqual([]);
  });

  test("exports what another module has from src/plugin.ts alone", () => {
    const barrels = all.filter((file) => file.path !== "src/plugin.ts" && file.imports.some((one) => one.isExport));
    expect(barrels.map((file) => file.path)).toEqual([]);
  });

  test("loads each dependency in one place", () => {
    const wrong = wrongImports(all, (to, file, isType) => {
      const homes = HOME_OF[to];
      return homes !== undefined && !isType && !lives(file, homes);
    });
    expect(wrong).toEqual([]);
  });

  test("keeps the dashboard's page apart: it shares the table of errors with the gateway, and nothing else", () => {
    const page = "src/admin/dashboard/page/";
    const wrong = wrongImports(core, (to, file) => {
      if (!file.path.startsWith(page)) return to.startsWith(page);
      return !to.startsWith(page) && to !== "uplot" && to !== "src/errors.ts";
    });
    expect(wrong).toEqual([]);
  });

  test("touches the process in src/main.ts alone", () => {
    const others = core.filter((file) => file.path !== "src/main.ts" && /\bprocess\.\w/.test(file.text));
    expect(others.map((file) => file.path)).toEqual([]);
  });

  test("has no file over the bound", async () => {
    const others = await sourceFiles("test", "examples");
    const long = [...all, ...others].filter((file) => lineCount(file) > MOST_LINES);
    expect(long.map((file) => `${file.path}: ${lineCount(file)}`)).toEqual([]);
  });
});

describe("a plugin", () => {
  test("imports src/plugin.ts, its own folder and packages only", () => {
    const wrong = wrongImports(plugins, (to, file) => {
      const [, folder = ""] = /^(plugins\/[^/]+\/)/.exec(file.path) ?? [];
      const isOwn = folder !== "" && to.startsWith(folder);
      return /^(src|plugins|test|examples)\//.test(to) && to !== "src/plugin.ts" && !isOwn;
    });
    expect(wrong).toEqual([]);
  });
});

describe("the reader of imports", () => {
  const read = (text: string) => importsOf(text, "src/config/env.ts");

  test.each([
    ['import { a } from "./b.ts";', { to: "src/config/b.ts", isType: false, isExport: false }],
    ['import { a,\n  b } from "../c.ts";', { to: "src/c.ts", isType: false, isExport: false }],
    ['import type { A } from "yaml";', { to: "yaml", isType: true, isExport: false }],
    ['import { type A, type B } from "yaml";', { to: "yaml", isType: true, isExport: false }],
    ['import { type A, b } from "yaml";', { to: "yaml", isType: false, isExport: false }],
    ['import * as y from "yaml";', { to: "yaml", isType: false, isExport: false }],
    ['import "yaml";', { to: "yaml", isType: false, isExport: false }],
    ['export { a } from "yaml";', { to: "yaml", isType: false, isExport: true }],
    ['export * from "yaml";', { to: "yaml", isType: false, isExport: true }],
    ['const y = await import("yaml");', { to: "yaml", isType: false, isExport: false }],
  ])("reads %s", (text, expected) => {
    expect(read(text)).toEqual([expected]);
  });

  test("leaves other text alone", () => {
    expect(read('export const from = "yaml";\n// import "yaml"\nconst text = \'from "yaml"\';\n')).toEqual([]);
  });
});

describe("the search for cycles", () => {
  const file = (path: string, ...to: readonly string[]): SourceFile => ({
    path,
    text: "",
    imports: to.map((one) => ({ to: one.replace("type ", ""), isType: one.startsWith("type "), isExport: false })),
  });

  test("names the files on the way round", () => {
    expect(findCycles([file("a", "b"), file("b", "c"), file("c", "b")])).toEqual([["b", "c", "b"]]);
  });

  test("lets two files share types", () => {
    expect(findCycles([file("a", "b"), file("b", "type a")])).toEqual([]);
  });

  test("finds none in a diamond", () => {
    expect(findCycles([file("a", "b", "c"), file("b", "d"), file("c", "d"), file("d")])).toEqual([]);
  });
});
