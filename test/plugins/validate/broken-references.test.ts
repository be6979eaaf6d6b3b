import { describe, expect, test } from "bun:test";
import { type JsonObject, Reply } from "../../../src/plugin.ts";
import { ask, checker, driftOf, validator } from "./support.ts";

const NOPE = { $ref: "#/components/schemas/Nope" };
const GONE = "#/components/schemas/Nope leads nowhere";
const HEADERS = { "content-type": "application/json" };

describe("of a schema", () => {
  test.each<[string, JsonObject]>([
    ["all of it", NOPE],
    ["a property", { properties: { a: NOPE } }],
    ["items", { items: { items: NOPE } }],
    ["a part", { allOf: [{ type: "integer" }, NOPE] }],
    ["what it refers to", { $ref: "#/components/schemas/Deep" }],
    ["a dynamic one", { $dynamicRef: NOPE.$ref }],
  ])("%s", (_, schema) => {
    const { check, unchecked } = checker(schema, { Deep: { $ref: "#/components/schemas/Deeper" }, Deeper: NOPE });
    expect([check(1), check(2)]).toEqual([undefined, undefined]);
    expect(unchecked).toEqual([`it is not checked in full: ${GONE}`]);
  });

  test("the rest of it is checked, and each reference is told of once", () => {
    const elsewhere = { $ref: "http://a.example/x.json" };
    const { check, unchecked } = checker({
      properties: { id: { type: "integer" }, a: NOPE, b: NOPE, c: elsewhere },
    });
    expect([check({ id: "x" })?.[0]?.pointer, check({ id: 1, a: 5 })]).toEqual(["/id", undefined]);
    expect(unchecked).toEqual([
      `it is not checked in full: ${GONE}, http://a.example/x.json is outside of the document`,
    ]);
  });

  test("not of data, and not of the names of a discriminator", () => {
    const { check, unchecked } = checker({
      properties: { $ref: { type: "string" }, kind: { default: NOPE } },
      discriminator: { propertyName: "kind", mapping: { a: NOPE.$ref } },
    });
    expect([check({ kind: "a" }), unchecked]).toEqual([undefined, []]);
  });
});

const gone = (section: string) => ({ $ref: `#/components/${section}/Nope` });
const content = { "application/json": { schema: { $ref: "#/components/schemas/Holder" } } };
const DOCUMENT: JsonObject = {
  openapi: "3.1.0",
  info: { title: "a", version: "1" },
  paths: {
    "/schemas": {
      parameters: [{ name: "q", in: "query", schema: NOPE }],
      post: { requestBody: { content }, responses: { 200: { description: "ok", content } } },
    },
    "/again": { post: { requestBody: { content }, responses: { 200: { description: "ok" } } } },
    "/objects": {
      parameters: [gone("parameters")],
      post: {
        parameters: [{ name: "n", in: "query", schema: { type: "integer" } }, { $ref: "http://a.example/p.json" }],
        requestBody: gone("requestBodies"),
        responses: { 200: gone("responses") },
      },
    },
    "/inner": {
      post: {
        requestBody: { content: { "application/json": gone("mediaTypes") } },
        responses: { 200: { description: "ok", headers: { "x-a": gone("headers") } } },
      },
    },
  },
  components: { schemas: { Holder: { properties: { a: NOPE } } } },
};

describe("of a document", () => {
  const options = { responses: "report", sample: "100%" };
  const send = (path: string) => ({ method: "POST", path, headers: HEADERS, body: '{"a":1}' });
  const reply = () => Reply.json(200, { a: 1 }, { "x-a": "1" });
  const line = (part: string, section: string) =>
    `${part} is not checked in full: #/components/${section}/Nope leads nowhere`;

  test.each([
    [
      "/schemas?q=1",
      [
        line("the parameter q of POST /schemas", "schemas"),
        line("the application/json body of POST /schemas", "schemas"),
        line("the application/json body of POST /schemas 200", "schemas"),
      ],
    ],
    [
      "/objects",
      [
        `${line("the parameters of POST /objects", "parameters")}, http://a.example/p.json is outside of the document`,
        line("the body of POST /objects", "requestBodies"),
        line("the reply of POST /objects 200", "responses"),
      ],
    ],
    [
      "/inner",
      [
        line("the application/json body of POST /inner", "mediaTypes"),
        line("the header x-a of POST /inner 200", "headers"),
      ],
    ],
  ])("%s passes, and that it does is told once", async (path, reasons) => {
    const t = await validator(options, DOCUMENT);
    for (let i = 0; i < 2; i++) expect((await t.request(send(path), reply)).reply.status).toBe(200);
    const { unchecked, drift } = await driftOf(t);
    expect(unchecked).toEqual(reasons.map((reason) => ({ service: "test", reason })));
    expect(t.logs.map(({ message }) => message)).toEqual(reasons.map(() => "a part of a document cannot be checked"));
    expect(drift).toEqual([]);
  });

  test("each operation that a broken component is in is told of", async () => {
    const t = await validator({}, DOCUMENT);
    for (const path of ["/schemas", "/again"]) await t.request(send(path));
    expect((await driftOf(t)).unchecked).toHaveLength(2);
  });

  test("what else the operation says is checked", async () => {
    const t = await validator({}, DOCUMENT);
    expect(await ask(t, send("/objects?n=x"))).toMatchObject({ places: ["query n"] });
  });
});
