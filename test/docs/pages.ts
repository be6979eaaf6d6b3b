import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const PROJECT = resolve(import.meta.dir, "../..");

/** A page of documentation. */
export interface Page {
  /** From the project's folder: `docs/routing.md`. */
  readonly path: string;
  readonly text: string;
}

/** A block of code in a page. */
export interface Block {
  readonly text: string;
  /** Where it begins, `docs/routing.md:5`, to be named in a failure. */
  readonly place: string;
}

/** Every page: the README, and all below docs/. */
export function allPages(): readonly Page[] {
  const docs = readdirSync(join(PROJECT, "docs"), { recursive: true, encoding: "utf8" });
  const names = docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
  return ["README.md", ...names.sort()].map(readPage);
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(PROJECT, path), "utf8") };
}

const FENCED = /^```(\w*)\n(.*?)^```$/gms;

/** The page's blocks of code in that language. */
export function blocksOf(page: Page, language: string): readonly Block[] {
  const found = [...page.text.matchAll(FENCED)].filter(([, name]) => name === language);
  return found.map(({ 2: text = "", index }) => {
    const line = page.text.slice(0, index).split("\n").length;
    return { text, place: `${page.path}:${line}` };
  });
}

/** The OpenAPI document that docs/plugins/validate.md writes, and other examples name. */
export const ORDERS_FILE = "orders.openapi.json";

export function ordersDocument(): string {
  return blocksOf(readPage("docs/plugins/validate.md"), "json")[0]?.text ?? "";
}

/** The part of a page under a heading, up to the next one of any level. */
export function sectionOf(page: Page, heading: string): string {
  const [, section] = page.text.split(new RegExp(`^#+ ${RegExp.escape(heading)}$`, "m"));
  if (section === undefined) throw new Error(`${page.path} has no heading ${JSON.stringify(heading)}`);
  return section.split(/^#+ /m)[0] ?? "";
}

/** What stands in backticks in a text. */
export function codeIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
}

/** What the first column of a table in a text has in backticks. */
export function firstColumn(text: string): readonly string[] {
  return [...text.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = ""]) => codeIn(cell));
}

/** Where the page's links lead to, those to other sites left out. */
export function linksOf(page: Page): readonly string[] {
  const links = [...withoutBlocks(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return links.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of the page's headings, as GitHub makes them. */
export function anchorsOf(page: Page): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutBlocks(page).matchAll(/^#+ (.+)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    let again = 1;
    let unique = anchor;
    while (anchors.has(unique)) unique = `${anchor}-${again++}`;
    anchors.add(unique);
  }
  return anchors;
}

function withoutBlocks(page: Page): string {
  return page.text.replace(FENCED, "");
}
