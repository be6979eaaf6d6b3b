import { describe, expect, test } from "bun:test";
import { isObject, type Json, type JsonObject, objectAt } from "../../src/openapi/json.ts";
import { readDocument } from "../../src/openapi/read.ts";
import { dangling, documentOf, linesOf, merge, operationAt, operationIds, operationsIn } from "./support.ts";

const MANY = 20_000;
/** Far more than it takes, far less than it would with each of them looking at all others. */
const LONG_MS = 30_000;

const schemaAnswer = (ref: string) => ({ 200: { description: "", content: { j: { schema: { $ref: ref } } } } });
const many = <T>(make: (i: number) => readonly [string, T]) =>
  Object.fromEntries(Array.from({ length: MANY }, (_, i) => make(i))) as Readonly<Record<string, T>>;

/** Of the merged document of one service. */
const size = (document: Json) => JSON.stringify(merge({ s: document }).document).length;

const LARGE: Readonly<Record<string, () => JsonObject>> = {
  "operations without ids": () => documentOf(many((i) => [`/a${i}/{id}`, { get: {} }])),
  "operations with one id": () => documentOf(many((i) => [`/a${i}`, { get: { operationId: "same" } }])),
  "tags, each described": () => {
    const paths = many((i) => [`/a${i}`, { get: { tags: [`t${i}`] } }]);
    return documentOf(paths, { tags: Array.from({ length: MANY }, (_, i) => ({ name: `t${MANY - i}` })) });
  },
  "components that refer to others": () => {
    const schemas = many((i) => [`S${i}`, { items: { $ref: `#/components/schemas/S${(i + 1) % MANY}` } }]);
    const paths = { "/a": { get: { responses: schemaAnswer("#/components/schemas/S0") } } };
    return documentOf(paths, { components: { schemas } });
  },
  "heirs of one schema": () => {
    const heirs = many((i) => [`S${i}`, { allOf: [{ $ref: "#/components/schemas/Base" }] }]);
    const schemas = { Base: { discriminator: { propertyName: "kind" } }, ...heirs };
    const paths = { "/a": { get: { responses: schemaAnswer("#/components/schemas/Base") } } };
    return documentOf(paths, { components: { schemas } });
  },
  anchors: () => {
    const schemas = many((i) => [`S${i}`, { $anchor: `a${i}` }]);
    const paths = many((i) => [`/a${i}`, { get: { responses: schemaAnswer(`#a${i}`) } }]);
    return documentOf(paths, { components: { schemas } });
  },
  "references that lead nowhere": () =>
    documentOf(many((i) => [`/a${i}`, { get: { responses: schemaAnswer(`#/nowhere/${i}`) } }])),
  "slashes and underscores in a row": () => {
    const row = `${"_".repeat(300_000)}x`;
    const paths = { "/a": { get: { responses: schemaAnswer(`#/x-own/${row}`) } } };
    const servers = [{ url: `http://a/${"/".repeat(300_000)}x` }];
    return documentOf(paths, { "x-own": { [row]: { type: "string" } }, servers });
  },
};

describe("a large document", () => {
  for (const [name, make] of Object.entries(LARGE)) {
    test(
      `of ${MANY} ${name} is merged in a time that grows with it alone`,
      () => {
        const { document } = merge({ s: make() });
        expect(operationsIn(document).length).toBeGreaterThan(0);
        const ids = operationIds(document);
        expect(new Set(ids).size).toBe(ids.length);
      },
      LONG_MS,
    );
  }

  test(
    "does not become a far larger one by references to parts of its parts",
    () => {
      const depth = 190;
      const part = { enum: ["x".repeat(8_000)] };
      const big = Array.from({ length: depth }).reduce<Json>((inner) => ({ ...part, not: inner }), part);
      const ref = (i: number) => `#/components/schemas/Big${"/not".repeat(i)}`;
      const paths = Object.fromEntries(
        Array.from({ length: depth }, (_, i) => [`/a${i}`, { get: { responses: schemaAnswer(ref(i)) } }]),
      );
      const document = documentOf(paths, { components: { schemas: { Big: big } } });
      expect(size(document)).toBeLessThan(40 * 1_048_576);
      const merged = merge({ s: document });
      expect(dangling(merged.document)).toEqual([]);
      expect(linesOf(merged, "reference-broken")[0]).toEndWith("is one of too many to parts of large parts");
    },
    LONG_MS,
  );
});

describe("a document with names of JavaScript's own", () => {
  const read = (text: string) => readDocument(Buffer.from(text)).document;

  test("has those that can be names, and none that would be a prototype", () => {
    const document = read(`{
      "openapi": "3.1.0", "info": {}, "__proto__": { "x-evil": 1 },
      "paths": {
        "/constructor/{constructor}": { "get": { "operationId": "__proto__", "tags": ["__proto__", "constructor"], "responses": {
          "200": { "$ref": "#/components/responses/toString" }, "__proto__": { "description": "no" } } } },
        "/hasOwnProperty": { "get": { "operationId": "toString", "responses": { "default": { "description": "" } } } }
      },
      "components": {
        "responses": { "toString": { "description": "text", "content": { "j": { "schema": { "$ref": "#/components/schemas/valueOf" } } } } },
        "schemas": { "valueOf": { "type": "object", "properties": { "constructor": { "type": "string" }, "__proto__": { "x-internal": true } } } }
      }
    }`);
    const merged = merge({
      s: document,
      constructor: documentOf({ "/hasOwnProperty": { get: { operationId: "toString" } } }),
    });
    expect(operationsIn(merged.document)).toEqual([
      "GET /constructor/hasOwnProperty",
      "GET /s/constructor/{constructor}",
      "GET /s/hasOwnProperty",
    ]);
    expect(dangling(merged.document)).toEqual([]);
    expect(operationAt(merged, "/s/constructor/{constructor}")).toMatchObject({
      operationId: "__proto__",
      tags: ["__proto__", "s / constructor"],
      parameters: [{ name: "constructor", in: "path" }],
    });
    const schemas = objectAt(objectAt(merged.document, "components"), "schemas");
    expect(schemas?.valueOf).toEqual({ type: "object", properties: { constructor: { type: "string" } } } as never);
    expect(isObject(({} as JsonObject)["x-evil"])).toBe(false);
    expect(JSON.stringify(merged.document)).not.toContain("x-evil");
  });
});

test("what a schema is where nothing tells (OpenAPI 3.2) leads on", () => {
  const schemas = {
    Pet: {
      discriminator: { propertyName: "kind", defaultMapping: "Other" },
      oneOf: [{ $ref: "#/components/schemas/Cat" }],
    },
    Cat: { type: "object" },
    Other: { type: "object", title: "other" },
  };
  const paths = { "/a": { get: { responses: schemaAnswer("#/components/schemas/Pet") } } };
  const document = { ...documentOf(paths, { components: { schemas } }), openapi: "3.2.0" };
  const other = { ...documentOf(paths, { components: { schemas: { ...schemas, Other: { type: "string" } } } }) };
  const { document: merged } = merge({ a: document, b: other });
  const written = objectAt(objectAt(merged, "components"), "schemas");
  expect(written?.A_Pet).toMatchObject({ discriminator: { defaultMapping: "#/components/schemas/A_Other" } });
  expect(written?.A_Other).toEqual({ type: "object", title: "other" });
});
