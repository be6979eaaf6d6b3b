import type { RouteConfig } from "../config/schema.ts";
import { conditionsOf, servedMethods } from "./conditions.ts";
import { parseHost } from "./host.ts";
import { type PathPattern, parsePattern } from "./path-pattern.ts";

/** A route that no request ever reaches, and one that takes its requests; indexes into the routes. */
export interface Shadowed {
  readonly route: number;
  readonly by: number;
}

/** Stands for the methods that no route of a group names. */
const ANY_METHOD = "*";

/** What a route is compared by. */
interface Keyed {
  readonly index: number;
  readonly host: string;
  /** The pattern without the names of its parameters. */
  readonly shape: string;
  readonly conditions: string;
  readonly pattern: PathPattern;
  readonly methods: readonly string[];
}

/** Which route takes a method, among those of one host, shape and set of conditions. */
type Takers = Map<string, number>;

/**
 * Finds routes that can never be reached: other routes with the same host, pattern and conditions come first and take
 * all of its methods, or a prefix takes every path of its regular expression. Only certain cases are told; malformed
 * routes are left out. The time grows with the number of routes, not with its square.
 */
export function findShadowed(routes: readonly RouteConfig[]): Shadowed[] {
  const keyed = routes.flatMap((route, index) => keyedRoute(route, index) ?? []);
  const groups = new Map<string, Takers>();
  const shadowed: Shadowed[] = [];
  for (const route of keyed) {
    const key = groupKey(route.host, route.shape, route.conditions);
    const takers = groups.get(key) ?? new Map<string, number>();
    groups.set(key, takers);
    const by = route.methods.every((method) => takers.has(method)) ? takers.get(route.methods[0] ?? "") : undefined;
    if (by !== undefined) shadowed.push({ route: route.index, by });
    for (const method of route.methods) if (!takers.has(method)) takers.set(method, route.index);
  }
  const told = new Set(shadowed.map(({ route }) => route));
  for (const route of keyed) {
    const by = told.has(route.index) ? undefined : prefixOver(route, groups);
    if (by !== undefined) shadowed.push({ route: route.index, by });
  }
  return shadowed.sort((a, b) => a.route - b.route);
}

/** The route with a prefix that takes everything a regular expression would: prefixes win over those. */
function prefixOver({ pattern, host, conditions, methods }: Keyed, groups: Map<string, Takers>): number | undefined {
  if (pattern.kind !== "regex") return undefined;
  const segments = pattern.literalPrefix.split("/").slice(1, -1);
  for (let length = segments.length; length >= 0; length--) {
    const shape = JSON.stringify(["prefix", ...segments.slice(0, length)]);
    for (const asked of new Set([NO_CONDITIONS, conditions])) {
      const takers = groups.get(groupKey(host, shape, asked));
      const isTaken = methods.every((method) => takers?.has(method) === true || takers?.has(ANY_METHOD) === true);
      if (isTaken) return takers?.get(methods[0] ?? "") ?? takers?.get(ANY_METHOD);
    }
  }
  return undefined;
}

function keyedRoute(route: RouteConfig, index: number): Keyed | undefined {
  try {
    const pattern = parsePattern(route.path);
    const { headers, query } = conditionsOf(route);
    return {
      index,
      pattern,
      host: route.host === undefined ? "" : JSON.stringify(parseHost(route.host)),
      shape: shapeOf(pattern),
      conditions: JSON.stringify([headers, query]),
      methods: servedMethods(route.methods) ?? [ANY_METHOD],
    };
  } catch {
    // Malformed: `routeProblems` says how.
    return undefined;
  }
}

const NO_CONDITIONS = JSON.stringify([[], []]);

function shapeOf(pattern: PathPattern): string {
  if (pattern.kind === "regex") return JSON.stringify(["regex", pattern.source]);
  const segments = pattern.segments.map((segment) => (segment.kind === "literal" ? segment.text : null));
  return JSON.stringify([pattern.kind, ...segments]);
}

function groupKey(host: string, shape: string, conditions: string): string {
  return JSON.stringify([host, shape, conditions]);
}
