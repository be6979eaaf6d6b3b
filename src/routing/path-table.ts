import type { RoutedRequest } from "../message/request.ts";
import { type Capture, captureGroups, captureOf, captureSegments, NO_PARAMS, type Params } from "./capture.ts";
import type { Conditions } from "./conditions.ts";
import type { PathPattern } from "./path-pattern.ts";
import type { RegexPattern } from "./regex.ts";
import { addToSet, type Bucket, chooseRoute, createRouteSet, type Ranked, type RouteSet } from "./route-set.ts";
import { createNode, nodeAt, reach, type TreeNode } from "./tree.ts";

/** A request has a route, and these are the parts of its path that the pattern names. */
export interface RouteMatch<T> {
  readonly kind: "match";
  readonly value: T;
  /**
   * By name, as they stand in the path: still percent-encoded. A prefix has the rest of the path under "*", without
   * its leading "/"; a regular expression has its groups under "1", "2", … and their names.
   */
  readonly params: Params;
}

/** A route in a table, ready to answer. */
export interface TableRoute<T> extends Ranked {
  readonly capture: Capture | undefined;
  /** The answer for every request where there is nothing to capture. */
  readonly match: RouteMatch<T>;
}

interface RegexRoute<T> {
  readonly pattern: RegexPattern;
  readonly set: RouteSet<TableRoute<T>>;
}

type Routes<T> = RouteSet<TableRoute<T>>;

/** All routes for one host: exact paths, then a tree of parameters and prefixes, then regular expressions. */
export interface PathTable<T> {
  readonly exact: Map<string, Routes<T>>;
  /** Undefined while there are none. */
  tree: TreeNode<Routes<T>> | undefined;
  /** In the order in which they are tried. */
  readonly regexes: RegexRoute<T>[];
}

/** What one match works with; kept between matches so that it costs no allocation. */
export interface Scratch<T> {
  readonly reached: TreeNode<Routes<T>>[];
  /** Buckets that would have taken the request with another method. */
  readonly refused: Bucket<TableRoute<T>>[];
}

/** An empty table, to be filled with `addRoute`. */
export function createTable<T>(): PathTable<T> {
  return { exact: new Map(), tree: undefined, regexes: [] };
}

/** A route as it is put into a table. */
export interface NewRoute<T> {
  readonly pattern: PathPattern;
  readonly conditions: Conditions;
  /** As `servedMethods` gives them. */
  readonly methods: readonly string[] | undefined;
  readonly rank: number;
  readonly value: T;
}

/** Adds a route to a table that is being built; routes come in the order of their ranks. */
export function addRoute<T>(table: PathTable<T>, { pattern, conditions, methods, rank, value }: NewRoute<T>): void {
  const match: RouteMatch<T> = { kind: "match", value, params: NO_PARAMS };
  const route: TableRoute<T> = { rank, capture: captureOf(pattern), match };
  addToSet(setFor(table, pattern), route, conditions, methods);
}

/** The best route of the table for the request; `path` is its path in the form for matching. */
export function findRoute<T>(
  table: PathTable<T>,
  request: RoutedRequest,
  path: string,
  scratch: Scratch<T>,
): RouteMatch<T> | undefined {
  const set = table.exact.get(path);
  if (set !== undefined) {
    const route = chooseRoute(set, request, scratch.refused);
    if (route !== undefined) return route.match;
  }
  const route = table.tree === undefined ? undefined : findInTree(table.tree, request, path, scratch);
  if (route !== undefined) return withParams(route, request.path);
  return table.regexes.length === 0 ? undefined : findRegex(table.regexes, request, path, scratch);
}

function findInTree<T>(
  tree: TreeNode<Routes<T>>,
  request: RoutedRequest,
  path: string,
  { reached, refused }: Scratch<T>,
): TableRoute<T> | undefined {
  const firstWhole = reach(tree, path, reached);
  for (let i = reached.length - 1; i >= firstWhole; i--) {
    const set = reached[i]?.whole;
    const route = set === undefined ? undefined : chooseRoute(set, request, refused);
    if (route !== undefined) return route;
  }
  for (let i = reached.length - 1; i >= 0; i--) {
    const set = reached[i]?.prefix;
    const route = set === undefined ? undefined : chooseRoute(set, request, refused);
    if (route !== undefined) return route;
  }
  return undefined;
}

/** One after another: the cost grows with the number of regular expressions. */
function findRegex<T>(
  regexes: readonly RegexRoute<T>[],
  request: RoutedRequest,
  path: string,
  { refused }: Scratch<T>,
): RouteMatch<T> | undefined {
  for (const { pattern, set } of regexes) {
    if (!path.startsWith(pattern.literalPrefix)) continue;
    const groups = pattern.expression.exec(path);
    const route = groups === null ? undefined : chooseRoute(set, request, refused);
    if (groups === null || route === undefined) continue;
    if (pattern.names.length === 0) return route.match;
    return { kind: "match", value: route.match.value, params: captureGroups(groups) };
  }
  return undefined;
}

function withParams<T>({ capture, match }: TableRoute<T>, path: string): RouteMatch<T> {
  if (capture === undefined) return match;
  return { kind: "match", value: match.value, params: captureSegments(capture, path) };
}

function setFor<T>(table: PathTable<T>, pattern: PathPattern): Routes<T> {
  if (pattern.kind === "regex") {
    const set: Routes<T> = createRouteSet();
    table.regexes.push({ pattern, set });
    return set;
  }
  if (pattern.kind === "exact") {
    const path = `/${pattern.segments.map((segment) => (segment.kind === "literal" ? segment.text : "")).join("/")}`;
    const set = table.exact.get(path) ?? createRouteSet();
    table.exact.set(path, set);
    return set;
  }
  table.tree ??= createNode();
  const node = nodeAt(table.tree, pattern.segments);
  if (pattern.kind === "prefix") {
    node.prefix ??= createRouteSet();
    return node.prefix;
  }
  node.whole ??= createRouteSet();
  return node.whole;
}
