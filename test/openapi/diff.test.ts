import { describe, expect, test } from "bun:test";
import { diffDocuments } from "../../src/openapi/diff/diff.ts";
import type { Json, JsonObject } from "../../src/openapi/json.ts";

const SCHEMA: JsonObject = {
  type: "object",
  required: ["id"],
  properties: { id: { type: "string" }, age: { type: "integer" } },
};

function documentOf(operation: JsonObject, more: JsonObject = {}): JsonObject {
  return { openapi: "3.1.0", info: { title: "t", version: "1" }, paths: { "/a/{id}": { get: operation } }, ...more };
}

function json(schema: Json): JsonObject {
  return { content: { "application/json": { schema } } };
}

function response(schema: Json): JsonObject {
  return { responses: { 200: { description: "d", ...json(schema) } } };
}

function request(schema: Json): JsonObject {
  return { requestBody: { required: true, ...json(schema) } };
}

function query(parameter: JsonObject): JsonObject {
  return { parameters: [{ in: "query", name: "q", ...parameter }] };
}

/** Each change as "breaking part: message". */
function changes(before: JsonObject, after: JsonObject): readonly string[] {
  return diffDocuments(before, after).map(
    ({ isBreaking, part, message }) => `${isBreaking ? "breaking" : "other"} ${part}: ${message}`,
  );
}

function between(before: JsonObject, after: JsonObject): readonly string[] {
  return changes(documentOf(before), documentOf(after));
}

describe("a difference", () => {
  test("of operations", () => {
    const old = documentOf({}, { paths: { "/a": { get: {} }, "/b/{x}": { get: {} } } });
    const next = documentOf({}, { paths: { "/a": { post: {} }, "/b/{y}": { get: { deprecated: true } } } });
    expect(diffDocuments(old, next)).toEqual([
      { isBreaking: true, operation: "GET /a", part: "", message: "the operation is no more" },
      { isBreaking: false, operation: "GET /b/{x}", part: "", message: "it is deprecated" },
      { isBreaking: false, operation: "POST /a", part: "", message: "the operation is new" },
    ]);
    expect(diffDocuments(old, old)).toEqual([]);
  });

  const string = { type: "string" };
  test.each<[string, JsonObject, JsonObject, readonly string[]]>([
    ["a new parameter", {}, query({ schema: string }), ["other query parameter q: it is new"]],
    [
      "a new required one",
      {},
      query({ required: true, schema: string }),
      ["breaking query parameter q: it is new, and required"],
    ],
    ["one that is gone", query({}), {}, ["other query parameter q: it is no more"]],
    [
      "one that becomes required",
      query({}),
      query({ required: true }),
      ["breaking query parameter q: it is required from now on"],
    ],
    [
      "one that becomes optional",
      query({ required: true }),
      query({}),
      ["other query parameter q: it is not required any more"],
    ],
    [
      "one of fewer values",
      query({ schema: { enum: ["a", "b"] } }),
      query({ schema: { enum: ["a"] } }),
      ['breaking query parameter q: the value "b" is no more'],
    ],
    [
      "one of more values",
      query({ schema: { enum: ["a"] } }),
      query({ schema: { enum: ["a", "b"] } }),
      ['other query parameter q: the value "b" is new'],
    ],
    [
      "one of another type",
      query({ schema: string }),
      query({ schema: { type: "integer" } }),
      ["breaking query parameter q: the type string is no more", "other query parameter q: the type integer is new"],
    ],
    [
      "one of a wider type",
      query({ schema: { type: "integer" } }),
      query({ schema: { type: "number" } }),
      ["other query parameter q: the type number is new"],
    ],
    [
      "a tighter bound",
      query({ schema: { maxLength: 9 } }),
      query({ schema: { maxLength: 5 } }),
      ["breaking query parameter q: maxLength is 5, was 9"],
    ],
    [
      "a looser bound",
      query({ schema: { minimum: 9 } }),
      query({ schema: { minimum: 5 } }),
      ["other query parameter q: minimum is 5, was 9"],
    ],
    [
      "a new pattern",
      query({ schema: string }),
      query({ schema: { ...string, pattern: "a" } }),
      ["breaking query parameter q: pattern is a"],
    ],
    [
      "a body that is required",
      { requestBody: json(SCHEMA) },
      request(SCHEMA),
      ["breaking request body: it is required from now on"],
    ],
    [
      "a required property of a request",
      request(SCHEMA),
      request({ ...SCHEMA, required: ["id", "age"] }),
      ["breaking request body > age: the property is required from now on"],
    ],
    [
      "a property that a request may not have",
      request(SCHEMA),
      request({ ...SCHEMA, properties: { id: string }, additionalProperties: false }),
      ["breaking request body > age: the property is not allowed any more"],
    ],
    [
      "a media type",
      request(SCHEMA),
      { requestBody: { required: true, content: { "text/plain": {} } } },
      [
        "breaking request body: the media type application/json is no more",
        "other request body: the media type text/plain is new",
      ],
    ],
    [
      "a property that a response lacks",
      response(SCHEMA),
      response({ ...SCHEMA, properties: { id: string } }),
      ["breaking response 200 > age: the property is no more"],
    ],
    [
      "a property that a response may lack",
      response(SCHEMA),
      response({ ...SCHEMA, required: [] }),
      ["breaking response 200 > id: the property may be missing from now on"],
    ],
    [
      "a property that a response has besides",
      response(SCHEMA),
      response({ ...SCHEMA, properties: { ...(SCHEMA.properties as JsonObject), b: string } }),
      ["other response 200 > b: the property is new"],
    ],
    [
      "a value that a response may have",
      response({ enum: ["a"] }),
      response({ enum: ["a", "b"] }),
      ['breaking response 200: the value "b" is new'],
    ],
    [
      "null that a response may have",
      response(string),
      response({ type: ["string", "null"] }),
      ["breaking response 200: the type null is new"],
    ],
    [
      "anything that a response may be",
      response(string),
      response({}),
      ["breaking response 200: any type, not only string"],
    ],
    [
      "items",
      response({ type: "array", items: SCHEMA }),
      response({ type: "array", items: { type: "string" } }),
      [
        "breaking response 200 > items: the type string is new",
        "breaking response 200 > items > id: the property is no more",
        "breaking response 200 > items > age: the property is no more",
        "other response 200 > items: the type object is no more",
      ],
    ],
    [
      "a variant",
      response({ oneOf: [string] }),
      response({ oneOf: [string, SCHEMA] }),
      ["breaking response 200: there are 2 variants, there were 1"],
    ],
    [
      "what allOf adds",
      request({ allOf: [SCHEMA] }),
      request({ allOf: [SCHEMA, { required: ["age"] }] }),
      ["breaking request body > age: the property is required from now on"],
    ],
    [
      "a success that is gone",
      response(SCHEMA),
      { responses: { 204: { description: "d" } } },
      ["breaking response 200: it is no more", "other response 204: it is new"],
    ],
    ["an error that is gone", { responses: { 404: {} } }, { responses: {} }, ["other response 404: it is no more"]],
    [
      "a header that is gone",
      { responses: { 200: { headers: { etag: {} } } } },
      { responses: { 200: {} } },
      ["breaking response 200: the header etag is no more"],
    ],
    [
      "a credential",
      {},
      { security: [{ key: [] }] },
      ["breaking security: no credential is not enough any more; needed is key", "other security: key is new"],
    ],
    [
      "a scope",
      { security: [{ o: ["a"] }] },
      { security: [{ o: ["a", "b"] }] },
      ["breaking security: o (a) is not enough any more; needed is o (a, b)", "other security: o (a, b) is new"],
    ],
    [
      "another way in",
      { security: [{ key: [] }] },
      { security: [{ key: [] }, { o: ["a"] }] },
      ["other security: o (a) is new"],
    ],
  ])("of %s", (_, before, after, expected) => {
    expect(between(before, after)).toEqual(expected);
  });

  test("is found through references, also circular ones", () => {
    const node = (name: Json): JsonObject => ({
      components: {
        schemas: { Node: { type: "object", properties: { next: { $ref: "#/components/schemas/Node" }, name } } },
      },
    });
    const operation = response({ $ref: "#/components/schemas/Node" });
    expect(changes(documentOf(operation, node(string)), documentOf(operation, node({ type: "integer" })))).toEqual([
      "breaking response 200 > name: the type integer is new",
      "other response 200 > name: the type string is no more",
    ]);
  });

  test("is none between parameters of a path with other names", () => {
    const parameter = (name: string) => ({ parameters: [{ in: "path", name, required: true, schema: string }] });
    const old = documentOf({}, { paths: { "/a/{id}": { get: parameter("id") } } });
    expect(changes(old, documentOf({}, { paths: { "/a/{key}": { get: parameter("key") } } }))).toEqual([]);
  });

  test("counts what path and document say for all operations", () => {
    const old = documentOf({});
    const next = documentOf(
      {},
      {
        security: [{ key: [] }],
        paths: { "/a/{id}": { get: {}, parameters: [{ in: "header", name: "X", required: true }] } },
      },
    );
    expect(changes(old, next)).toEqual([
      "breaking header parameter X: it is new, and required",
      "breaking security: no credential is not enough any more; needed is key",
      "other security: key is new",
    ]);
  });
});
