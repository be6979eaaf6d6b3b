import { upgrade } from "@scalar/openapi-upgrader";
import { isObject, type Json, type JsonObject, objectAt, textAt } from "./json.ts";

/** What a document says that it is written in; undefined if it is none that the gateway knows. */
export function versionOf(document: Json | undefined): string | undefined {
  if (!isObject(document)) return undefined;
  const version = textAt(document, "openapi") ?? textAt(document, "swagger") ?? "";
  return /^(2\.0|3\.[0-2](\.\d+)?)/.test(version) ? version : undefined;
}

/** The document in OpenAPI 3.1, or in 3.2 if it is that already. Throws Error if it is none. */
export function upgraded(document: Json): JsonObject {
  const version = versionOf(document);
  if (!isObject(document) || version === undefined) {
    throw new Error('this is no OpenAPI document: it has neither openapi: 3.x nor swagger: "2.0"');
  }
  if (objectAt(document, "paths") === undefined && objectAt(document, "webhooks") === undefined) {
    throw new Error("the document has no paths");
  }
  if (version.startsWith("3.1") || version.startsWith("3.2")) return document;
  // The upgrader changes what it is given.
  return upgrade(structuredClone(document) as Record<string, unknown>, "3.1") as unknown as JsonObject;
}
