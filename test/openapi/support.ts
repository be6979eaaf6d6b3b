import type { RouteConfig } from "../../src/config/schema.ts";
import type { Json, JsonObject } from "../../src/openapi/json.ts";
import { isObject, objectAt, pointerKeys, valueAt } from "../../src/openapi/json.ts";
import { type Merged, type MergeOptions, mergeDocuments } from "../../src/openapi/merge/merge.ts";

/** A route as the configuration has it. */
export const route = (config: Partial<RouteConfig> & { readonly path: string }): RouteConfig => ({
  plugins: {},
  ...config,
});

/** A document with these paths; each operation answers 200 unless it says more. */
export function documentOf(
  paths: Readonly<Record<string, Json>>,
  more: Readonly<Record<string, Json>> = {},
): JsonObject {
  const filled = Object.entries(paths).map(
    ([path, item]) => [path, isObject(item) ? withResponses(item) : item] as const,
  );
  return { openapi: "3.1.0", info: { title: "T", version: "1" }, paths: Object.fromEntries(filled), ...more };
}

const METHODS = new Set(["get", "put", "post", "delete", "options", "head", "patch", "trace"]);

function withResponses(item: JsonObject): JsonObject {
  const entries = Object.entries(item).map(([key, value]) => {
    const isOperation = METHODS.has(key) && isObject(value) && value.responses === undefined;
    return [key, isOperation ? { ...value, responses: { 200: { description: "Good" } } } : value] as const;
  });
  return Object.fromEntries(entries);
}

/** Merges documents by service; without routes each service is below its own name. */
export function merge(
  documents: Readonly<Record<string, Json>>,
  routes: readonly RouteConfig[] = Object.keys(documents).map(below),
  options: Partial<MergeOptions> = {},
): Merged {
  const inputs = Object.entries(documents).map(([service, document]) => ({ service, document }));
  return mergeDocuments(inputs, { title: "All", version: "1", routes, ...options });
}

/** The route `/SERVICE/*` to a service that knows nothing of that prefix. */
export function below(service: string): RouteConfig {
  return route({ path: `/${service}/*`, service, "strip-prefix": `/${service}` });
}

/** "GET /users" for each operation. */
export function operationsIn(document: Json): readonly string[] {
  return Object.entries(objectAt(document, "paths") ?? {}).flatMap(([path, item]) =>
    Object.keys(isObject(item) ? item : {})
      .filter((key) => METHODS.has(key))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** The operation of the merged document. */
export function operationAt({ document }: Merged, path: string, method = "get"): JsonObject {
  const found = objectAt(objectAt(objectAt(document, "paths"), path), method);
  if (found === undefined) throw new Error(`there is no ${method} ${path} among ${operationsIn(document).join(", ")}`);
  return found;
}

/** The lines of a kind, as "service: message". */
export function linesOf({ lines }: Merged, kind: string): readonly string[] {
  return lines.filter((line) => line.kind === kind).map(({ service, message }) => `${service}: ${message}`);
}

/** References of a document to itself that lead nowhere. */
export function dangling(document: Json): readonly string[] {
  const found = new Set<string>();
  const visit = (value: Json) => {
    if (Array.isArray(value)) for (const item of value) visit(item);
    if (!isObject(value)) return;
    const { $ref } = value;
    if (typeof $ref === "string" && $ref.startsWith("#/")) {
      const keys = pointerKeys($ref.slice(2));
      if (keys === undefined || valueAt(document, keys) === undefined) found.add($ref);
    }
    for (const item of Object.values(value)) visit(item);
  };
  visit(document);
  return [...found];
}

/** The ids of all operations that have one. */
export function operationIds(document: Json): readonly Json[] {
  return Object.values(objectAt(document, "paths") ?? {}).flatMap((item) =>
    Object.values(isObject(item) ? item : {}).flatMap((operation) =>
      isObject(operation) ? (operation.operationId ?? []) : [],
    ),
  );
}
