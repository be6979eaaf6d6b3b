import { isObject, type Json, type JsonObject, objectAt, textAt } from "../json.ts";

/**
 * The answer of an operation that both have described: its service, and the gateway before it. What is sent is either of
 * them, so each media type has a schema that lets both through, and only headers of both are certain.
 */
export function bothResponses(own: JsonObject, ours: JsonObject): JsonObject {
  const description = [textAt(own, "description"), textAt(ours, "description")].filter(Boolean).join("\n\n");
  const headers = { ...optional(objectAt(ours, "headers")), ...optional(objectAt(own, "headers")) };
  const content = bothContents(objectAt(own, "content") ?? {}, objectAt(ours, "content") ?? {});
  return {
    ...own,
    description,
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(Object.keys(content).length > 0 && { content }),
  };
}

/** What the service says of a status: under that status, its class, or for all that it does not name. */
export function ownResponse(responses: JsonObject, status: string, components: JsonObject): JsonObject | undefined {
  const exact = resolvedResponse(objectAt(responses, status), components);
  if (exact !== undefined) return exact;
  const wider = [`${status.charAt(0)}XX`, "default"].map((key) =>
    resolvedResponse(objectAt(responses, key), components),
  );
  // One that says nothing of what is sent loses nothing where the gateway's stands in its place.
  return wider.find((response) => response?.content !== undefined);
}

/** The response itself, where a reference to one of these components stands for it; undefined if there is none. */
export function resolvedResponse(response: JsonObject | undefined, components: JsonObject): JsonObject | undefined {
  const name = textAt(response, "$ref")?.replace("#/components/responses/", "");
  return name === undefined
    ? response
    : objectAt(objectAt(components, "responses"), name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function bothContents(own: JsonObject, ours: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...ours, ...own };
  for (const [type, value] of Object.entries(own)) {
    const other = objectAt(ours, type);
    if (other === undefined || !isObject(value) || value.schema === undefined) continue;
    // A service may have the gateway's form of errors: then an answer fits both.
    merged[type] = { ...value, schema: { anyOf: [value.schema, other.schema ?? {}] } };
  }
  return merged;
}

function optional(headers: JsonObject | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, header]) => {
      if (!isObject(header)) return [name, header];
      const { required: _, ...rest } = header;
      return [name, rest];
    }),
  );
}
