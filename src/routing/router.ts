import { matchForm } from "../message/path.ts";
import type { RoutedRequest } from "../message/request.ts";
import { type ConditionSource, conditionsOf, servedMethods } from "./conditions.ts";
import { hostName, MAX_HOST_LENGTH, parseHost } from "./host.ts";
import { type PathPattern, parsePattern } from "./path-pattern.ts";
import { addRoute, createTable, findRoute, type PathTable, type RouteMatch, type Scratch } from "./path-table.ts";

/** A route as the router needs it: the keys of a route in the configuration, and what a match hands back. */
export interface RouteSpec<T> extends ConditionSource {
  readonly path: string;
  readonly host?: string;
  readonly value: T;
}

/** Routes match but for the method: the request is answered 405 with these in `Allow`. */
export interface MethodMismatch {
  readonly kind: "method-not-allowed";
  /** What all of them take, without repetition; HEAD wherever there is GET. */
  readonly allow: readonly string[];
}

/** Undefined: no route has the path (404). */
export type Routed<T> = RouteMatch<T> | MethodMismatch | undefined;

/** Finds the route of a request; it never changes. */
export interface Router<T> {
  match(request: RoutedRequest): Routed<T>;
}

/**
 * Makes a router. Of several routes that take a request the best one gets it: an exact host before a wildcard (longer
 * ones first) before none; then an exact path before one with parameters before a prefix before a regular expression;
 * then the longer pattern (in segments; a regular expression in characters), and the one that is literal further to the
 * left; then the one with more conditions; then the first in order.
 *
 * A match costs the same for any number of routes, but for regular expressions, which are tried one after another.
 * Throws TypeError on a malformed path or host; `routeProblems` finds them all.
 */
export function buildRouter<T>(routes: readonly RouteSpec<T>[]): Router<T> {
  const tables: HostTables<T> = { anyHost: createTable(), hosts: new Map(), wildcards: new Map() };
  const ranked = routes
    .map((route) => ({ route, pattern: parsePattern(route.path), conditions: conditionsOf(route) }))
    .sort((a, b) => regexLength(b.pattern) - regexLength(a.pattern) || b.conditions.count - a.conditions.count);
  for (const [rank, { route, pattern, conditions }] of ranked.entries()) {
    const methods = servedMethods(route.methods);
    addRoute(tableFor(tables, route.host), { pattern, conditions, methods, rank, value: route.value });
  }
  return new HostRouter(tables);
}

/** Of the patterns that are tried one after another; the others find their order by themselves. */
function regexLength(pattern: PathPattern): number {
  return pattern.kind === "regex" ? pattern.source.length : 0;
}

interface HostTables<T> {
  readonly anyHost: PathTable<T>;
  readonly hosts: Map<string, PathTable<T>>;
  /** By what follows "*.". */
  readonly wildcards: Map<string, PathTable<T>>;
}

function tableFor<T>({ anyHost, hosts, wildcards }: HostTables<T>, host: string | undefined): PathTable<T> {
  if (host === undefined) return anyHost;
  const { name, isWildcard } = parseHost(host);
  const tables = isWildcard ? wildcards : hosts;
  const table = tables.get(name) ?? createTable();
  tables.set(name, table);
  return table;
}

/** A class for its scratch lists, which serve one match after another. */
class HostRouter<T> implements Router<T> {
  readonly #tables: HostTables<T>;
  readonly #hasHosts: boolean;
  readonly #scratch: Scratch<T> = { reached: [], refused: [] };

  constructor(tables: HostTables<T>) {
    this.#tables = tables;
    this.#hasHosts = tables.hosts.size > 0 || tables.wildcards.size > 0;
  }

  match(request: RoutedRequest): Routed<T> {
    if (!request.path.startsWith("/")) return undefined;
    const { refused } = this.#scratch;
    refused.length = 0;
    const path = matchForm(request.path);
    const match =
      (this.#hasHosts ? this.#matchHost(request, path) : undefined) ??
      findRoute(this.#tables.anyHost, request, path, this.#scratch);
    if (match !== undefined || refused.length === 0) return match;
    return { kind: "method-not-allowed", allow: [...new Set(refused.flatMap(({ byMethod }) => [...byMethod.keys()]))] };
  }

  #matchHost(request: RoutedRequest, path: string): RouteMatch<T> | undefined {
    const host = hostName(request.host);
    const { hosts, wildcards } = this.#tables;
    const table = hosts.get(host);
    const match = table === undefined ? undefined : findRoute(table, request, path, this.#scratch);
    if (match !== undefined || wildcards.size === 0 || host.length > MAX_HOST_LENGTH) return match;
    for (let dot = host.indexOf(".", 1); dot !== -1; dot = host.indexOf(".", dot + 1)) {
      const wildcard = wildcards.get(host.slice(dot + 1));
      const found = wildcard === undefined ? undefined : findRoute(wildcard, request, path, this.#scratch);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
