import { resolvedResponse } from "./both.ts";
import { isObject, type Json, type JsonObject, objectAt } from "./json.ts";

/** An operation's responses, its successes with headers that the gateway adds to them; one of the service's own stays as it is written. */
export function withSuccessHeaders(
  responses: JsonObject,
  headers: Readonly<Record<string, JsonObject>>,
  components: JsonObject,
): JsonObject {
  const ours = Object.entries(headers);
  if (ours.length === 0) return responses;
  const entries = Object.entries(responses).map(([status, written]): readonly [string, Json] => {
    const response = status.startsWith("2") && isObject(written) ? resolvedResponse(written, components) : undefined;
    if (response === undefined) return [status, written];
    const own = objectAt(response, "headers") ?? {};
    const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
    const added = ours.filter(([name]) => !names.has(name.toLowerCase()));
    return [status, { ...response, headers: { ...Object.fromEntries(added), ...own } }];
  });
  return Object.fromEntries(entries);
}
