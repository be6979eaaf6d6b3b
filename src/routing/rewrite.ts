import type { RouteConfig } from "../config/schema.ts";
import { GatewayError } from "../errors.ts";
import { canonicalPath, matchForm } from "../message/path.ts";
import { literalSegments } from "./path-pattern.ts";
import { fillTemplate, parseTemplate } from "./template.ts";

/**
 * Makes the path for the service from a request's canonical path and its parameters. Throws GatewayError
 * `bad_request` if what the parameters hold would change the path's meaning in its new place.
 */
export type Rewrite = (path: string, params: Readonly<Record<string, string>>) => string;

const SLASH = 47;

/**
 * Compiles `strip-prefix` and `add-prefix`, or `rewrite`; undefined if the path stays as it is.
 *
 * A prefix is stripped in whole segments; a path without it keeps what it has. The result must begin with exactly one
 * slash: other requests are refused. When nothing is left the path is the prefix to add, or "/". Throws TypeError on malformed settings; `routeProblems` finds them all.
 */
export function compileRewrite(
  route: Pick<RouteConfig, "rewrite" | "strip-prefix" | "add-prefix">,
): Rewrite | undefined {
  if (route.rewrite !== undefined) return fromTemplate(route.rewrite);
  const strip = prefixText(route["strip-prefix"]);
  const add = prefixText(route["add-prefix"]);
  if (strip === "") return add === "" ? undefined : (path) => add + path;
  return (path) => {
    if (!hasPrefix(matchForm(path), strip)) return add + path;
    if (path.length === strip.length) return add === "" ? "/" : add;
    return checkedStart(add + path.slice(strip.length));
  };
}

/**
 * The template's text never changes and parameters are put in still encoded, so the result can leave the literal
 * prefix only through a dot segment or an escape that came together at a seam: such a path is not its own canonical
 * form.
 */
function fromTemplate(text: string): Rewrite {
  const template = parseTemplate(text);
  return (_path, params) => {
    const path = checkedStart(fillTemplate(template, params));
    if (canonicalPath(path) === path) return path;
    throw cannotRewrite();
  };
}

/** "" for none; without the slash at the end. */
function prefixText(prefix: string | undefined): string {
  return prefix === undefined ? "" : literalSegments(prefix).map(withSlash).join("");
}

function withSlash(segment: string): string {
  return `/${segment}`;
}

function hasPrefix(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === SLASH);
}

/**
 * The path for the service must not begin with `//`. Sent on like that, something further on could take `//name` for a host;
 * with one slash it would be another path than the one that was matched, and perhaps one that another route protects.
 */
function checkedStart(path: string): string {
  if (path.charCodeAt(1) === SLASH) throw cannotRewrite();
  return path;
}

function cannotRewrite(): GatewayError {
  return new GatewayError("bad_request", { detail: "the path cannot be rewritten" });
}
