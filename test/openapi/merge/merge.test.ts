import { describe, expect, test } from "bun:test";
import { type Json, objectAt } from "../../../src/openapi/json.ts";
import { below, documentOf, linesOf, merge, operationAt, operationsIn } from "../support.ts";

const schemas = (entries: Readonly<Record<string, Json>>) => ({ components: { schemas: entries } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const returns = (schema: Json) => ({
  responses: { 200: { description: "Good", content: { "application/json": { schema } } } },
});
const schemaAt = (merged: ReturnType<typeof merge>, path: string): Json | undefined => {
  const { responses } = operationAt(merged, path);
  return objectAt(objectAt(objectAt(objectAt(responses, "200"), "content"), "application/json"), "schema");
};
const componentsOf = ({ document }: ReturnType<typeof merge>, section = "schemas") =>
  objectAt(objectAt(document, "components"), section) ?? {};

describe("components", () => {
  const user = { type: "object", properties: { name: { type: "string" }, boss: ref("User") } };

  test("that mean the same are one, in whatever order their keys stand", () => {
    const other = { properties: { boss: ref("User"), name: { type: "string" } }, type: "object" };
    const merged = merge({
      a: documentOf({ "/x": { get: returns(ref("User")) } }, schemas({ User: user })),
      b: documentOf({ "/x": { get: returns(ref("User")) } }, schemas({ User: other })),
    });
    expect(Object.keys(componentsOf(merged))).toEqual(["User"]);
    expect(linesOf(merged, "component-renamed")).toEqual([]);
  });

  test("that differ each have the name of their service, and all that refers to them follows", () => {
    const merged = merge({
      b: documentOf({ "/x": { get: returns(ref("User")) } }, schemas({ User: { type: "string" } })),
      a: documentOf({ "/x": { get: returns({ type: "array", items: ref("User") }) } }, schemas({ User: user })),
    });
    expect(componentsOf(merged)).toEqual({
      A_User: { type: "object", properties: { name: { type: "string" }, boss: ref("A_User") } },
      B_User: { type: "string" },
    });
    expect(schemaAt(merged, "/a/x")).toEqual({ type: "array", items: ref("A_User") });
    expect(linesOf(merged, "component-renamed")).toHaveLength(2);
  });

  test("that differ only in what they refer to differ", () => {
    const of = (leaf: string) => schemas({ Tree: { items: ref("Leaf") }, Leaf: { type: leaf } });
    const merged = merge({
      a: documentOf({ "/x": { get: returns(ref("Tree")) } }, of("string")),
      b: documentOf({ "/x": { get: returns(ref("Tree")) } }, of("number")),
    });
    expect(Object.keys(componentsOf(merged)).sort()).toEqual(["A_Leaf", "A_Tree", "B_Leaf", "B_Tree"]);
  });

  test("that go in circles are compared, too", () => {
    const ring = (size: number) => {
      const names = ["A", "B", "C"].slice(0, size);
      return schemas(Object.fromEntries(names.map((name, i) => [name, { items: ref(names[(i + 1) % size] ?? "A") }])));
    };
    const merged = merge({
      a: documentOf({ "/x": { get: returns(ref("A")) } }, ring(3)),
      b: documentOf({ "/x": { get: returns(ref("A")) } }, ring(3)),
    });
    expect(Object.keys(componentsOf(merged)).sort()).toEqual(["A", "B", "C"]);
  });

  test("in a long chain are told apart without looking at all of them for each", () => {
    const chain = (length: number, end: string) => {
      const link = (i: number) => (i === length ? { type: end } : { items: ref(`S${i + 1}`) });
      return schemas(Object.fromEntries(Array.from({ length: length + 1 }, (_, i) => [`S${i}`, link(i)])));
    };
    const merged = (length: number) => {
      const before = process.cpuUsage();
      const result = merge({
        a: documentOf({ "/x": { get: returns(ref("S0")) } }, chain(length, "string")),
        b: documentOf({ "/x": { get: returns(ref("S0")) } }, chain(length, "number")),
      });
      const { user, system } = process.cpuUsage(before);
      return { names: Object.keys(componentsOf(result)), ms: (user + system) / 1_000 };
    };
    merged(500);
    const [few, many] = [merged(500), merged(4_000)];
    expect(many.names).toHaveLength(8_002);
    // Eight times as many; by the square it would be 64 times as long.
    expect(many.ms / few.ms).toBeLessThan(30);
  });

  test("take no name that another one has", () => {
    const merged = merge({
      a: documentOf(
        { "/x": { get: returns(ref("User")) }, "/y": { get: returns(ref("A_User")) } },
        schemas({ User: { type: "string" }, A_User: { type: "number" } }),
      ),
      b: documentOf({ "/x": { get: returns(ref("User")) } }, schemas({ User: { type: "boolean" } })),
    });
    expect(componentsOf(merged)).toEqual({
      A_User: { type: "number" },
      A_User_2: { type: "string" },
      B_User: { type: "boolean" },
    });
  });

  test("that nothing needs are left out", () => {
    const merged = merge({ a: documentOf({ "/x": { get: {} } }, schemas({ Unused: { type: "string" } })) });
    expect(componentsOf(merged)).toEqual({});
  });

  test("hold what looks like a reference in data as it is", () => {
    const schema = {
      type: "object",
      default: ref("User"),
      enum: [ref("User")],
      example: ref("User"),
      properties: { default: ref("Own") },
    };
    const merged = merge({
      a: documentOf({ "/x": { get: returns(schema) } }, schemas({ Own: { type: "string" }, User: { type: "string" } })),
    });
    expect(schemaAt(merged, "/a/x")).toEqual(schema);
    expect(Object.keys(componentsOf(merged))).toEqual(["Own"]);
  });
});

describe("references", () => {
  test("to a part of a component, of a path, or to an anchor have a component of their own", () => {
    const paths = {
      "/a~b/{id}": { get: returns({ type: "object", properties: { own: { type: "string" } } }) },
      "/x": {
        get: returns({
          allOf: [
            { $ref: "#/components/schemas/User/properties/name" },
            { $ref: "#/paths/~1a~0b~1%7Bid%7D/get/responses/200/content/application~1json/schema" },
            { $ref: "#mark" },
          ],
        }),
      },
    };
    const components = schemas({
      User: { properties: { name: { type: "string" } } },
      M: { $anchor: "mark", type: "null" },
    });
    const merged = merge({ a: documentOf(paths, components) });
    const { allOf } = schemaAt(merged, "/a/x") as { allOf: { $ref: string }[] };
    const names = allOf.map(({ $ref }) => $ref.replace("#/components/schemas/", ""));
    expect(names.map((name) => componentsOf(merged)[name])).toEqual([
      { type: "string" },
      { type: "object", properties: { own: { type: "string" } } },
      { $anchor: "mark", type: "null" },
    ]);
  });

  test("that lead nowhere or outside lead to what says so, and are reported", () => {
    const merged = merge({
      a: documentOf({ "/x": { get: returns({ anyOf: [ref("Gone"), { $ref: "https://example.com/x.json#/A" }] }) } }),
    });
    expect(Object.keys(componentsOf(merged))).toEqual(["GatewayUnknown"]);
    expect(linesOf(merged, "reference-broken").toSorted()).toEqual([
      "a: #/components/schemas/Gone leads nowhere",
      "a: https://example.com/x.json#/A is outside of the document",
    ]);
  });

  test("by a discriminator's mapping follow, in both spellings; what was understood by itself is said", () => {
    const pets = (kind: string) => ({
      ...schemas({
        Pet: {
          type: "object",
          discriminator: { propertyName: "kind", mapping: { c: "Cat", k: "#/components/schemas/Cat" } },
        },
        Cat: { allOf: [ref("Pet"), { properties: { a: { type: kind } } }] },
        Dog: { allOf: [ref("Pet"), { properties: { b: { type: kind } } }] },
      }),
    });
    const merged = merge({
      a: documentOf({ "/x": { get: returns(ref("Pet")) } }, pets("string")),
      b: documentOf({ "/x": { get: returns(ref("Pet")) } }, pets("number")),
    });
    expect(objectAt(objectAt(componentsOf(merged), "A_Pet"), "discriminator")).toEqual({
      propertyName: "kind",
      mapping: {
        c: "#/components/schemas/A_Cat",
        k: "#/components/schemas/A_Cat",
        Dog: "#/components/schemas/A_Dog",
      },
    });
  });
});

describe("a document", () => {
  test("of 2.0 and of 3.0 is taken, too", () => {
    const old = {
      swagger: "2.0",
      info: { title: "T", version: "1" },
      basePath: "/v1",
      paths: { "/x": { get: { responses: { 200: { description: "G", schema: { type: "string" } } } } } },
    };
    const nullable = {
      ...documentOf({ "/x": { get: returns({ type: "string", nullable: true }) } }),
      openapi: "3.0.3",
    };
    const merged = merge({ a: old, b: nullable });
    expect(operationsIn(merged.document)).toEqual(["GET /a/v1/x", "GET /b/x"]);
    expect(schemaAt(merged, "/b/x")).toEqual({ type: ["string", "null"] });
  });

  test.each<[string, Json]>([
    ["no object", "text"],
    ["no version", { paths: {} }],
    ["an unknown version", { openapi: "4.0.0", paths: {} }],
    ["no paths", { openapi: "3.1.0", info: { title: "T", version: "1" } }],
  ])("that is none (%s) takes nothing from the others", (_, broken) => {
    const merged = merge({ a: documentOf({ "/x": { get: {} } }), b: broken }, [below("a")]);
    expect(operationsIn(merged.document)).toEqual(["GET /a/x"]);
    expect(linesOf(merged, "document-failed")).toHaveLength(1);
  });

  test("is not changed by merging", () => {
    const document = documentOf({ "/x/{id}": { get: returns(ref("User")) } }, schemas({ User: { type: "string" } }));
    const before = JSON.stringify(document);
    merge({ a: document, b: document });
    expect(JSON.stringify(document)).toBe(before);
  });

  test("keeps what it says of itself and its extensions", () => {
    const merged = merge({ a: documentOf({ "/x": { get: { "x-own": { $ref: "data" } } } }, { "x-team": "core" }) });
    expect(operationAt(merged, "/a/x")["x-own"]).toEqual({ $ref: "data" });
    expect(merged.document["x-services"]).toEqual({ a: { title: "T", version: "1", "x-team": "core" } });
  });
});

test("only what is published is there, with what it needs", () => {
  const one = (name: string) =>
    documentOf({ "/x": { get: returns(ref(name)) } }, schemas({ [name]: { type: "string" } }));
  const merged = merge({ a: one("A"), b: one("B") }, undefined, { isPublished: (service) => service === "a" });
  expect(operationsIn(merged.document)).toEqual(["GET /a/x"]);
  expect(Object.keys(componentsOf(merged))).toEqual(["A"]);
});
