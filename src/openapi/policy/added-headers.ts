import { type JsonObject, objectAt } from "../json.ts";

/** A response with headers that the gateway adds to it; one that the response itself names stays as it is written. */
export function withAddedHeaders(response: JsonObject, headers: Readonly<Record<string, JsonObject>>): JsonObject {
  const own = objectAt(response, "headers") ?? {};
  const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const added = Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase()));
  return added.length === 0 ? response : { ...response, headers: { ...Object.fromEntries(added), ...own } };
}
