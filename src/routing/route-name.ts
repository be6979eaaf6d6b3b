import type { RouteConfig } from "../config/schema.ts";

type Conditions = Pick<RouteConfig, "methods" | "host" | "path" | "headers" | "query">;

/** The name of a route that has none: all that it takes requests by, so that no two have the same. */
export function routeName({ methods, host, path, headers, query }: Conditions): string {
  const name = `${methods === undefined ? "" : `${methods.join(",")} `}${host ?? ""}${path}`;
  const conditions = [...conditionTexts("header", headers), ...conditionTexts("query", query)];
  return conditions.length === 0 ? name : `${name} [${conditions.join(" ")}]`;
}

function conditionTexts(kind: string, conditions: Readonly<Record<string, string>> | undefined): string[] {
  return Object.entries(conditions ?? {}).map(([name, value]) => `${kind}:${name}=${value}`);
}

/** Under which a route is known: its own name, or one made of what it matches. */
export function routeNameOf(route: RouteConfig): string {
  return route.name ?? routeName(route);
}
