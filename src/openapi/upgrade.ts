import { upgrade } from "@scalar/openapi-upgrader";
import { type Draft, isObject, type Json, type JsonObject, objectAt, textAt } from "./json.ts";
import { encodeJoined, placeBodies } from "./swagger-parameters.ts";

/** What a document says that it is written in; undefined if it is none that the gateway knows. */
export function versionOf(document: Json | undefined): string | undefined {
  if (!isObject(document)) return undefined;
  const version = textAt(document, "openapi") ?? textAt(document, "swagger") ?? "";
  return /^(2\.0|3\.[0-2](\.\d+)?)/.test(version) ? version : undefined;
}

/** The document in OpenAPI 3.1, or in 3.2 if it is that already; itself if nothing is to be done. Throws Error if it is none. */
export function upgraded(document: Json): JsonObject {
  return isUpToDate(document) ? document : upgradedInPlace(structuredClone(document));
}

/** The same, for a document that nobody else has: it may be changed. */
export function upgradedInPlace(document: Json): JsonObject {
  if (isUpToDate(document)) return document;
  const joined = textAt(document, "swagger") === undefined ? [] : placeBodies(document as unknown as Draft);
  const next = upgrade(document as unknown as Record<string, unknown>, "3.1") as unknown as JsonObject;
  encodeJoined(next, joined);
  return next;
}

/** Throws for what is no document. */
function isUpToDate(document: Json): document is JsonObject {
  const version = versionOf(document);
  if (!isObject(document) || version === undefined) {
    throw new Error('this is no OpenAPI document: it has neither openapi: 3.x nor swagger: "2.0"');
  }
  if (objectAt(document, "paths") === undefined && objectAt(document, "webhooks") === undefined) {
    throw new Error("the document has no paths");
  }
  return version.startsWith("3.1") || version.startsWith("3.2");
}
