import type { RouteConfig } from "../config/schema.ts";
import { isToken } from "../http1/chars.ts";
import { parseHost } from "./host.ts";
import { literalSegments, type PathPattern, parsePattern } from "./path-pattern.ts";
import { parseTemplate } from "./template.ts";

/** One mistake in a route: the key it stands under, and what is wrong in words. */
export interface RouteProblem {
  readonly key: string;
  readonly message: string;
}

/** The keys of a route that say how it matches and rewrites paths. */
type RoutePaths = Pick<RouteConfig, "path" | "host" | "headers" | "rewrite" | "strip-prefix" | "add-prefix">;

/** Everything that is wrong with how a route matches and rewrites paths; empty for a good one. */
export function routeProblems(route: RoutePaths): readonly RouteProblem[] {
  const problems: RouteProblem[] = [];
  const attempt = <R>(key: keyof RouteConfig, read: () => R): R | undefined => {
    try {
      return read();
    } catch (error) {
      problems.push({ key, message: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  };
  const { host, headers, rewrite, "strip-prefix": strip, "add-prefix": add } = route;
  const pattern = attempt("path", () => parsePattern(route.path));
  if (host !== undefined) attempt("host", () => parseHost(host));
  if (headers !== undefined) attempt("headers", () => checkHeaders(headers));
  if (strip !== undefined) attempt("strip-prefix", () => checkStrip(strip, pattern));
  if (add !== undefined) attempt("add-prefix", () => literalPrefix(add));
  if (rewrite !== undefined) attempt("rewrite", () => checkRewrite(rewrite, pattern));
  if (rewrite !== undefined && (strip ?? add) !== undefined) {
    problems.push({
      key: "rewrite",
      message: "rewrite makes the whole path: it cannot go with strip-prefix or add-prefix",
    });
  }
  return problems;
}

function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!isToken(name)) throw new TypeError(`expected the name of a header, found ${JSON.stringify(name)}`);
    if (value.trim() === value) continue;
    throw new TypeError(`expected a value without blanks around it for ${name}, found ${JSON.stringify(value)}`);
  }
}

function literalPrefix(prefix: string): readonly string[] {
  const parameter = /\/(\*|:[^/]*)/.exec(prefix)?.[1];
  if (parameter === undefined) return literalSegments(prefix);
  throw new TypeError(`expected a prefix of plain text, found ${JSON.stringify(parameter)} in it`);
}

/** Whether some path that the route takes begins with the prefix; of a regular expression nobody knows. */
function checkStrip(prefix: string, pattern: PathPattern | undefined): void {
  const strip = literalPrefix(prefix);
  if (pattern === undefined || pattern.kind === "regex") return;
  const { segments, kind } = pattern;
  const fits = strip.every((text, index) => {
    const segment = segments[index];
    if (segment === undefined) return kind === "prefix";
    return segment.kind === "parameter" ? text !== "" : segment.text === text;
  });
  if (!fits) throw new TypeError(`no path of this route begins with ${JSON.stringify(prefix)}`);
}

function checkRewrite(rewrite: string, pattern: PathPattern | undefined): void {
  const template = parseTemplate(rewrite);
  if (pattern === undefined) return;
  const unknown = template.names.find((name) => !pattern.names.includes(name));
  if (unknown === undefined) return;
  const known = pattern.names.length === 0 ? "has none" : `has ${pattern.names.join(", ")}`;
  throw new TypeError(`expected a parameter of the route's path, which ${known}, found ${JSON.stringify(unknown)}`);
}
