import type { RouteConfig } from "../../config/schema.ts";
import { literalSegments, type PathPattern, type Segment } from "../../routing/path-pattern.ts";
import { parseTemplate } from "../../routing/template.ts";

/** What is known of a route that leads somewhere. */
export interface Inverted {
  readonly config: RouteConfig;
  readonly pattern: PathPattern;
}

/**
 * The paths by which clients may reach a path of a service behind a route: what strip-prefix, add-prefix or rewrite would
 * make of them. They are candidates: whether the route takes them is to be tried. None for a rewrite of a regular
 * expression, which cannot be undone.
 */
export function externalPaths({ config, pattern }: Inverted, upstreamPath: string): readonly string[] {
  if (config.rewrite !== undefined) return unrewritten(config.rewrite, pattern, upstreamPath);
  const strip = prefixOf(config["strip-prefix"]);
  const add = prefixOf(config["add-prefix"]);
  if (!isBelow(upstreamPath, add)) return [];
  const rest = upstreamPath.slice(add.length);
  const whole = rest === "" ? "/" : rest;
  if (strip === "") return [whole];
  const stripped = rest === "" || (rest === "/" && add === "") ? strip : strip + rest;
  return isBelow(whole, strip) ? [stripped] : [stripped, whole];
}

function prefixOf(prefix: string | undefined): string {
  return prefix === undefined
    ? ""
    : literalSegments(prefix)
        .map((segment) => `/${segment}`)
        .join("");
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === "/");
}

function unrewritten(rewrite: string, pattern: PathPattern, upstreamPath: string): readonly string[] {
  if (pattern.kind === "regex") return [];
  const { literals, names } = parseTemplate(rewrite);
  const expression = literals
    .map((literal, i) => RegExp.escape(literal) + (i === names.length ? "" : names[i] === "*" ? "(.*)" : "([^/]+)"))
    .join("");
  const match = new RegExp(`^${expression}$`).exec(upstreamPath);
  if (match === null) return [];
  const captured = new Map(names.map((name, i) => [name, match[i + 1] ?? ""]));
  const segments = pattern.segments.map((segment) => segmentText(segment, captured));
  const rest = pattern.kind === "prefix" ? captured.get("*") : undefined;
  const path = `/${segments.join("/")}`;
  if (rest === undefined || rest === "") return [path];
  return [segments.length === 0 ? `/${rest}` : `${path}/${rest}`];
}

function segmentText(segment: Segment, captured: ReadonlyMap<string, string>): string {
  return segment.kind === "literal" ? segment.text : (captured.get(segment.name) ?? `{${segment.name}}`);
}
