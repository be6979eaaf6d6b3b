import { canonicalPath } from "../message/path.ts";
import { percentEncode } from "./path-pattern.ts";

/** A `rewrite`: literal texts and, between each two of them, the name of a parameter. */
export interface Template {
  /** One more than `names`. */
  readonly literals: readonly string[];
  readonly names: readonly string[];
}

/**
 * Reads a `rewrite`: `:name` and `*` stand for what the path matched, `$1` and `$<name>` for a group of a regular
 * expression; `::` is a colon and `$$` a dollar sign before a text that would be taken for a name. Throws TypeError on
 * a path that is not in canonical form.
 */
export function parseTemplate(text: string): Template {
  const literals: string[] = [];
  const names: string[] = [];
  let literal = "";
  let from = 0;
  for (const token of text.matchAll(TOKEN)) {
    literal += text.slice(from, token.index);
    from = token.index + token[0].length;
    if (token[0] === "::" || token[0] === "$$") {
      literal += token[0].charAt(0);
      continue;
    }
    literals.push(percentEncode(literal));
    literal = "";
    names.push(token[1] ?? token[2] ?? token[3] ?? "*");
  }
  literals.push(percentEncode(literal + text.slice(from)));
  const template = { literals, names };
  checkTemplate(text, template);
  return template;
}

/** :name, $1, $<name>, *, and the two ways to write a sign for itself. */
const TOKEN = /::|\$\$|:([A-Za-z_][A-Za-z0-9_]*)|\$(\d{1,2})|\$<([^<>]*)>|\*/g;

/** The path with the parameters in place; one that is missing is empty. It is not checked. */
export function fillTemplate({ literals, names }: Template, params: Readonly<Record<string, string>>): string {
  let path = literals[0] ?? "";
  for (let i = 0; i < names.length; i++) path += (params[names[i] as string] ?? "") + literals[i + 1];
  return path;
}

function checkTemplate(text: string, template: Template): void {
  const sample = fillTemplate(template, Object.fromEntries(template.names.map((name) => [name, "x"])));
  const canonical = canonicalPath(sample);
  if (sample === canonical) return;
  if (text.includes("?")) throw new TypeError(`expected a path without a query, found ${JSON.stringify(text)}`);
  const reason = canonical === undefined ? "a path" : "a path without dot segments or needless escapes";
  throw new TypeError(`expected ${reason}, found ${JSON.stringify(text)}`);
}
