import type { RoutedRequest } from "../message/request.ts";
import { type Conditions, joinKey } from "./conditions.ts";
import { queryValue } from "./query.ts";

/** A route in a set, and how it stands among those of the same pattern: the lowest rank wins. */
export interface Ranked {
  readonly rank: number;
}

/** Routes of one pattern with the same values asked for: they differ in their methods alone. */
export interface Bucket<R extends Ranked> {
  readonly byMethod: Map<string, R>;
  /** Takes the methods that no other does. */
  any: R | undefined;
}

/** Routes of one pattern that ask for the same headers and query parameters, found by the values. */
interface Shape<R extends Ranked> {
  readonly headers: readonly string[];
  readonly query: readonly string[];
  readonly buckets: Map<string, Bucket<R>>;
}

/**
 * The routes of one pattern. To choose among them costs the same however many there are: it grows only with the number
 * of different sets of names that their conditions use.
 */
export interface RouteSet<R extends Ranked> {
  /** Routes without conditions but methods. */
  plain: Bucket<R> | undefined;
  readonly shapes: Shape<R>[];
}

/** An empty set, to be filled with `addToSet`. */
export function createRouteSet<R extends Ranked>(): RouteSet<R> {
  return { plain: undefined, shapes: [] };
}

/** Adds a route to a set that is being built; routes come in the order of their ranks. */
export function addToSet<R extends Ranked>(
  set: RouteSet<R>,
  route: R,
  conditions: Conditions,
  methods: readonly string[] | undefined,
): void {
  const bucket = bucketFor(set, conditions);
  if (methods === undefined) bucket.any ??= route;
  for (const method of methods ?? []) if (!bucket.byMethod.has(method)) bucket.byMethod.set(method, route);
}

/**
 * The route of the set that takes the request; undefined if none does. A bucket that would, but for the method, is
 * added to `refused`.
 */
export function chooseRoute<R extends Ranked>(
  set: RouteSet<R>,
  request: RoutedRequest,
  refused: Bucket<R>[],
): R | undefined {
  let best = set.plain === undefined ? undefined : fromBucket(set.plain, request.method, refused);
  for (const shape of set.shapes) {
    const key = keyOf(shape, request);
    const bucket = key === undefined ? undefined : shape.buckets.get(key);
    if (bucket === undefined) continue;
    const route = fromBucket(bucket, request.method, refused);
    if (route !== undefined && (best === undefined || route.rank < best.rank)) best = route;
  }
  return best;
}

function fromBucket<R extends Ranked>(bucket: Bucket<R>, method: string, refused: Bucket<R>[]): R | undefined {
  const route = bucket.byMethod.get(method) ?? bucket.any;
  if (route === undefined) refused.push(bucket);
  return route;
}

/** Undefined if the request lacks one of the headers or parameters. */
function keyOf<R extends Ranked>(shape: Shape<R>, request: RoutedRequest): string | undefined {
  let key = "";
  for (const name of shape.headers) {
    const value = request.headers.get(name);
    if (value === undefined) return undefined;
    key = joinKey(key, value);
  }
  for (const name of shape.query) {
    const value = request.query === undefined ? undefined : queryValue(request.query, name);
    if (value === undefined) return undefined;
    key = joinKey(key, value);
  }
  return key;
}

function bucketFor<R extends Ranked>(set: RouteSet<R>, { headers, query }: Conditions): Bucket<R> {
  if (headers.length === 0 && query.length === 0) {
    set.plain ??= createBucket();
    return set.plain;
  }
  const { buckets } = shapeFor(set, headers.map(nameOf), query.map(nameOf));
  const key = [...headers, ...query].reduce((joined, [, value]) => joinKey(joined, value), "");
  const bucket = buckets.get(key) ?? createBucket<R>();
  buckets.set(key, bucket);
  return bucket;
}

function shapeFor<R extends Ranked>(set: RouteSet<R>, headers: readonly string[], query: readonly string[]): Shape<R> {
  const found = set.shapes.find((shape) => isSame(shape.headers, headers) && isSame(shape.query, query));
  if (found !== undefined) return found;
  const shape = { headers, query, buckets: new Map<string, Bucket<R>>() };
  set.shapes.push(shape);
  return shape;
}

function createBucket<R extends Ranked>(): Bucket<R> {
  return { byMethod: new Map(), any: undefined };
}

function nameOf([name]: readonly [string, string]): string {
  return name;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
