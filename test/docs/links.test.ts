import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { allPages, anchorsOf, linksOf, type Page, PROJECT, readPage } from "./pages.ts";

const pages = allPages();

/** Why a link of the page leads nowhere; undefined if it leads somewhere. */
function faultOf(page: Page, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const file = resolve(PROJECT, page.path, "..", path);
  if (path !== "" && !existsSync(file)) return `${page.path}: ${link}: there is no such file`;
  if (anchor === undefined) return undefined;
  const target = path === "" ? page : readPage(relative(PROJECT, file));
  return anchorsOf(target).has(anchor) ? undefined : `${page.path}: ${link}: there is no such heading`;
}

test("every link of a page leads to a file, and to a heading in it", () => {
  const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, link })));
  expect(links.length).toBeGreaterThan(100);
  expect(links.flatMap(({ page, link }) => faultOf(page, link) ?? [])).toEqual([]);
});

test("a link to nothing is found out", () => {
  const page = {
    path: "docs/page.md",
    text: "[a](nothing.md) [b](routing.md#nothing) [c](#here)\n# Here\n[d\ne](#gone)",
  };
  expect(linksOf(page).map((link) => faultOf(page, link))).toEqual([
    "docs/page.md: nothing.md: there is no such file",
    "docs/page.md: routing.md#nothing: there is no such heading",
    undefined,
    "docs/page.md: #gone: there is no such heading",
  ]);
});

test("every page is in the index, those of plugins by their folder", () => {
  const index = linksOf(readPage("docs/README.md"));
  const names = pages.map(({ path }) => path.replace("docs/", "")).filter((name) => !name.includes("/"));
  expect(names.filter((name) => name !== "README.md" && !index.includes(name))).toEqual([]);
});
