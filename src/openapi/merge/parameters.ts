import type { RouteConfig } from "../../config/schema.ts";
import { type Json, type JsonObject, listAt, textAt } from "../json.ts";
import { parametersOf } from "../samples.ts";
import type { PlacedOperation } from "./place.ts";

/** Header fields that OpenAPI does not take for parameters (OpenAPI 3.1 §4.8.12). */
const NO_PARAMETERS = new Set(["accept", "content-type", "authorization"]);

/**
 * The parameters of an operation where clients find it: those in the path by the names that they have there, and all that the
 * path has; those that the route has taken out of the path are gone, and what it asks for besides is there.
 */
export function placedParameters({ operation, path, renamed, place }: PlacedOperation): readonly Json[] {
  const { source, value } = operation;
  const inPath = new Set(parametersOf(path));
  const kept: Json[] = [];
  for (const written of listAt(value, "parameters")) {
    const parameter = source.resolve(written, "parameter");
    if (parameter?.in !== "path") {
      kept.push(written);
      continue;
    }
    const name = textAt(parameter, "name") ?? "";
    const next = renamed.get(name) ?? name;
    if (!inPath.delete(next)) continue;
    kept.push(next === name ? written : { ...parameter, name: next });
  }
  const missing = [...inPath].map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  return [...kept, ...missing, ...conditionsOf(place.route.config, kept, source.resolve.bind(source))];
}

function conditionsOf(
  { headers = {}, query = {} }: RouteConfig,
  kept: readonly Json[],
  resolve: (value: Json, kind: "parameter") => JsonObject | undefined,
): readonly Json[] {
  const named = new Set(
    kept.map((written) => {
      const parameter = resolve(written, "parameter");
      return `${textAt(parameter, "in")} ${textAt(parameter, "name")?.toLowerCase()}`;
    }),
  );
  const required = (where: string) => (entry: readonly [string, string]) => {
    const [name, value] = entry;
    if (named.has(`${where} ${name.toLowerCase()}`) || (where === "header" && NO_PARAMETERS.has(name.toLowerCase())))
      return [];
    return [{ name, in: where, required: true, schema: { type: "string", const: value } }];
  };
  return [...Object.entries(headers).flatMap(required("header")), ...Object.entries(query).flatMap(required("query"))];
}
