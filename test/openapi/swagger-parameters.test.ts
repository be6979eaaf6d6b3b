import { describe, expect, test } from "bun:test";
import { type Json, type JsonObject, objectAt } from "../../src/openapi/json.ts";
import { upgraded } from "../../src/openapi/upgrade.ts";

const responses = { 200: { description: "ok" } };

/** The operation POST /a of a document in Swagger 2.0, in OpenAPI 3. */
function post(operation: JsonObject, more: JsonObject = {}, item: JsonObject = {}): JsonObject {
  const document = {
    swagger: "2.0",
    info: { title: "T", version: "1" },
    paths: { "/a": { ...item, post: { responses, ...operation } } },
    ...more,
  };
  const found = objectAt(objectAt(objectAt(upgraded(document), "paths"), "/a"), "post");
  if (found === undefined) throw new Error("it is gone");
  return found;
}

const contentOf = (operation: JsonObject) => objectAt(objectAt(operation, "requestBody"), "content") ?? {};
const propertiesOf = (media: Json | undefined) => objectAt(objectAt(media, "schema"), "properties");

const PARAMETERS = {
  Body: { name: "body", in: "body", required: true, schema: { type: "object" } },
  File: { name: "file", in: "formData", type: "file" },
  List: { name: "list", in: "formData", type: "array", items: { type: "integer" } },
  Again: { $ref: "#/parameters/File" },
};

describe("a body of Swagger 2.0", () => {
  test("that is referred to stays one", () => {
    const operation = post(
      { parameters: [{ $ref: "#/parameters/Body" }], consumes: ["application/xml"] },
      { parameters: PARAMETERS },
    );
    expect(operation.parameters ?? []).toEqual([]);
    expect(Object.keys(contentOf(operation))).toEqual(["application/xml"]);
    expect(objectAt(operation, "requestBody")?.required).toBe(true);
  });

  test("of a path is that of its operations, but for those with one of their own", () => {
    const item = { parameters: [{ $ref: "#/parameters/Body" }, { name: "q", in: "query", type: "string" }] };
    const shared = post({}, { parameters: PARAMETERS }, item);
    expect(Object.keys(contentOf(shared))).toEqual(["application/json"]);
    const own = { name: "own", in: "body", schema: { type: "array", items: {} } };
    const media = Object.values(contentOf(post({ parameters: [own] }, { parameters: PARAMETERS }, item)))[0] ?? null;
    expect(objectAt(media, "schema")?.type).toBe("array");
  });

  test("that is referred to more than can be repeated is left alone, and the rest is not", () => {
    const schema = { type: "object", description: "x".repeat(1_000_000) };
    const paths = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `/${i}`,
        { post: { responses, parameters: [{ $ref: "#/parameters/Body" }] } },
      ]),
    );
    const document = upgraded({
      swagger: "2.0",
      info: { title: "T", version: "1" },
      paths,
      parameters: { Body: { name: "b", in: "body", schema } },
    });
    expect(JSON.stringify(document).length).toBeLessThan(40_000_000);
    expect(objectAt(objectAt(objectAt(objectAt(document, "paths"), "/0"), "post"), "requestBody")).toBeDefined();
  });
});

describe("a form of Swagger 2.0", () => {
  test("whose fields are referred to, or of the path, has all of them", () => {
    const item = { parameters: [{ name: "n", in: "formData", type: "integer" }] };
    const operation = post(
      { parameters: [{ $ref: "#/parameters/Again" }, { $ref: "#/parameters/List" }] },
      { parameters: PARAMETERS },
      item,
    );
    const content = contentOf(operation);
    expect(Object.keys(content)).toEqual(["multipart/form-data"]);
    expect(Object.keys(propertiesOf(content["multipart/form-data"]) ?? {}).sort()).toEqual(["file", "list", "n"]);
  });

  test.each([
    [undefined, ["application/x-www-form-urlencoded", "multipart/form-data"]],
    [["application/json"], ["application/x-www-form-urlencoded", "multipart/form-data"]],
    [["application/x-www-form-urlencoded", "application/json"], ["application/x-www-form-urlencoded"]],
  ] as const)("of %j is taken as %j", (consumes, types) => {
    const operation = post(
      { parameters: [{ name: "n", in: "formData", type: "integer" }] },
      consumes === undefined ? {} : { consumes },
    );
    expect(Object.keys(contentOf(operation))).toEqual([...types]);
  });

  test("has lists in one value, unless it says something else", () => {
    const multi = {
      name: "multi",
      in: "formData",
      type: "array",
      collectionFormat: "multi",
      items: { type: "integer" },
    };
    const media = contentOf(post({ parameters: [PARAMETERS.List, multi] }))["application/x-www-form-urlencoded"];
    expect(objectAt(objectAt(media, "encoding"), "list")).toEqual({ style: "form", explode: false });
    expect(objectAt(objectAt(media, "encoding"), "multi")?.explode).not.toBe(false);
  });
});

test("a list with a separator that OpenAPI 3 does not have is a text that says so", () => {
  const list = { type: "array", items: { type: "integer" } };
  const operation = post({
    parameters: [
      { name: "t", in: "query", collectionFormat: "tsv", description: "All.", ...list },
      { name: "h", in: "header", collectionFormat: "pipes", ...list },
      { name: "p", in: "query", collectionFormat: "pipes", ...list },
    ],
  });
  const [tabs, header, pipes] = Array.isArray(operation.parameters) ? operation.parameters : [];
  expect(tabs).toMatchObject({ schema: { type: "string" }, description: "All. A list, with tabs between its items." });
  expect(header).toMatchObject({ schema: { type: "string" }, description: "A list, with pipes between its items." });
  expect(pipes).toMatchObject({ style: "pipeDelimited", schema: { type: "array" } });
});
