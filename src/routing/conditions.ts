import { byteText } from "./query.ts";

/** What a route asks of a request beside path, method and host. */
export interface Conditions {
  /** Names in lower case and values as byte text, sorted by name. */
  readonly headers: readonly (readonly [string, string])[];
  readonly query: readonly (readonly [string, string])[];
  /** How many there are; the methods of a route, if it names any, count as one. */
  readonly count: number;
}

/** The keys of a route that hold its conditions, as in the configuration. */
export interface ConditionSource {
  readonly methods?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
}

/** A route's conditions in the form in which requests are compared. */
export function conditionsOf({ methods, headers = {}, query = {} }: ConditionSource): Conditions {
  const headerPairs = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), byteText(value)] as const);
  const queryPairs = Object.entries(query).map(([name, value]) => [byteText(name), byteText(value)] as const);
  return {
    headers: headerPairs.sort(byName),
    query: queryPairs.sort(byName),
    count: headerPairs.length + queryPairs.length + (methods === undefined ? 0 : 1),
  };
}

/** The methods that a route serves: HEAD goes where GET does (RFC 9110 §9.3.2), and may be there twice. None: all. */
export function servedMethods(methods: readonly string[] | undefined): readonly string[] | undefined {
  return methods?.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}

/** One key for several values, so that no two lists of values share it. */
export function joinKey(key: string, value: string): string {
  return `${key}${value.length}:${value}`;
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : Number(a[0] > b[0]);
}
