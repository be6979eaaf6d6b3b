import { describe, expect, test } from "bun:test";
import type { Json, JsonObject } from "../../../src/plugin.ts";
import { ask, validator } from "./support.ts";

/*
 * What clients send for parameters of each style, and the forms of several of them for which OpenAPI has no rule: none is refused that some
 * service of that document takes.
 */
const list = { type: "array", items: { type: "integer" } } as const;
const point = {
  type: "object",
  required: ["x"],
  properties: { x: { type: "integer" }, y: { type: "string" } },
} as const;

const at = (path: string, method: string, operation: JsonObject): Json => ({
  openapi: "3.1.0",
  info: { title: "T", version: "1" },
  paths: { [path]: { [method]: { responses: { 200: { description: "ok" } }, ...operation } } },
});

async function query(parameter: JsonObject, text: string, others: readonly JsonObject[] = []) {
  const parameters = [{ name: "p", in: "query", ...parameter }, ...others.map((other) => ({ in: "query", ...other }))];
  const t = await validator({}, at("/t", "get", { parameters }));
  const { outcome, places } = await ask(t, { path: `/t?${text}` });
  return outcome === "200" ? outcome : places.join();
}

async function path(parameter: JsonObject, segment: string) {
  const parameters = [{ name: "id", in: "path", required: true, ...parameter }];
  const t = await validator({}, at("/t/{id}", "get", { parameters }));
  const { outcome, places } = await ask(t, { path: `/t/${segment}` });
  return outcome === "200" ? outcome : places.join();
}

async function form(schema: JsonObject, encoding: JsonObject, body: string) {
  const content = { "application/x-www-form-urlencoded": { schema, encoding } };
  const t = await validator({}, at("/t", "post", { requestBody: { content } }));
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const { outcome, places } = await ask(t, { method: "POST", path: "/t", headers, body });
  return outcome === "200" ? outcome : places.join();
}

describe("a list in one value", () => {
  test.each([
    ["p=1,2", "200"],
    ["p=1%2C2", "200"],
    ["p=1%2c2,3", "200"],
    ["p=1%2Cb", "query p/0"],
  ])("?%s: %s", async (text, expected) => expect(await query({ schema: list, explode: false }, text)).toBe(expected));

  test("whose items have commas", async () => {
    const schema = { type: "array", items: { enum: ["a,b", "c"] } };
    expect(await query({ schema, explode: false }, "p=a%2Cb,c")).toBe("200");
    expect(await query({ schema, explode: false }, "p=a,b")).toBe("query p/0,query p/1");
  });
});

describe("deepObject", () => {
  const deep = { style: "deepObject", explode: true };
  const schema = {
    type: "object",
    properties: { ids: list, at: point, lines: { type: "array", items: point }, free: {} },
    additionalProperties: false,
  };

  test.each([
    ["p[ids]=1", "200"],
    ["p[ids]=1&p[ids]=2", "200"],
    ["p[ids][]=1&p[ids][]=2", "200"],
    ["p[ids][0]=1&p[ids][1]=2", "200"],
    ["p[ids][1]=2&p[ids][0]=b", "query p/ids/0"],
    ["p%5Bat%5D%5Bx%5D=1", "200"],
    ["p[at][x]=b", "query p/at/x"],
    ["p[at][y]=1", "query p/at/x"],
    ["p[lines][0][x]=1&p[lines][0][y]=a&p[lines][1][x]=2", "200"],
    ["p[lines][0][x]=1&p[lines][1][x]=b", "query p/lines/1/x"],
    ["p[free][a][b]=1&p[free][a][c]=2", "200"],
    ["p[ids]=1&p[ids][x]=2", "query p"],
    ["p[other]=1", "query p/other"],
    ["p[__proto__][x]=1", "query p/__proto__"],
    ["p[ids]x=1", "200"],
    ["p[ids=1", "200"],
    [`p${"[a]".repeat(11)}=1`, "200"],
  ])("?%s: %s", async (text, expected) => expect(await query({ schema, ...deep }, text)).toBe(expected));

  test("that refers to itself is a number as deep as one writes it", async () => {
    const t = await validator(
      {},
      {
        ...(at("/t", "get", {
          parameters: [{ name: "p", in: "query", ...deep, schema: { $ref: "#/components/schemas/Node" } }],
        }) as JsonObject),
        components: {
          schemas: {
            Node: { type: "object", properties: { n: { type: "integer" }, in: { $ref: "#/components/schemas/Node" } } },
          },
        },
      },
    );
    const asked = async (value: string) => (await ask(t, { path: `/t?p${"[in]".repeat(8)}[n]=${value}` })).outcome;
    expect([await asked("5"), await asked("x")]).toEqual(["200", "422 validation_failed"]);
  });
});

describe("an object that is spread over the query", () => {
  const schema = { type: "object", additionalProperties: { type: "integer" } };

  test("takes what no other parameter has", async () => {
    const others = [{ name: "limit", schema: { type: "string" } }];
    expect(await query({ schema, required: true }, "a=1&b=2&limit=x", others)).toBe("200");
    expect(await query({ schema, required: true }, "limit=x", others)).toBe("query p");
    expect(await query({ schema }, "a=x", others)).toBe("query p/a");
  });

  test("with properties of its own alone leaves the rest alone", async () => {
    expect(await query({ schema: point }, "x=1&other=y")).toBe("200");
    expect(await query({ schema: point }, "other=y")).toBe("200");
  });
});

describe("a path", () => {
  test.each([
    ["label", false, { type: "integer" }, ".5", "200"],
    ["label", false, { type: "integer" }, ".x", "path id"],
    ["label", false, { type: "integer" }, "5", "200"],
    ["label", false, list, ".1,2", "200"],
    ["label", true, list, ".1.2", "200"],
    ["label", true, list, ".1.b", "path id/1"],
    ["label", true, point, ".x=1.y=a", "200"],
    ["label", false, point, ".x,1,y,a", "200"],
    ["matrix", false, { type: "integer" }, ";id=5", "200"],
    ["matrix", false, { type: "integer" }, ";id=x", "path id"],
    ["matrix", false, list, ";id=1,2", "200"],
    ["matrix", true, list, ";id=1;id=2", "200"],
    ["matrix", true, list, ";id=1;id=b", "path id/1"],
    ["matrix", true, point, ";x=1;y=a", "200"],
    ["matrix", true, point, ";x=b", "path id/x"],
    ["matrix", false, point, ";id=x,1", "200"],
  ] as const)("%s, explode %p, %j: %s is %s", async (style, explode, schema, segment, expected) => {
    expect(await path({ style, explode, schema }, segment)).toBe(expected);
  });
});

test("a whole query is nothing unknown", async () => {
  const content = { "application/x-www-form-urlencoded": { schema: point } };
  const t = await validator({}, at("/t", "get", { parameters: [{ name: "q", in: "querystring", content }] }));
  expect((await ask(t, { path: "/t?x=1&more=2" })).outcome).toBe("200");
  expect(t.metrics.value("drift_total", { service: "test", kind: "parameter" }) ?? 0).toBe(0);
});

describe("a form", () => {
  const deep = { style: "deepObject", explode: true };
  const schema = {
    type: "object",
    properties: { expand: { type: "array", items: { type: "string" } }, items: { type: "array", items: point } },
    additionalProperties: false,
  };

  test.each([
    ["expand[]=a&expand[]=b", "200"],
    ["expand[0]=a&expand[1]=b", "200"],
    ["items[0][x]=1&items[0][y]=b", "200"],
    ["items[0][x]=b", "/items/0/x"],
  ])("%s: %s", async (body, expected) => {
    expect(await form(schema, { expand: deep, items: deep }, body)).toBe(expected);
  });
});

test("a list in one field of a form may have its commas encoded, as forms of browsers do", async () => {
  const joined = { list: { style: "form", explode: false } };
  const schema = { type: "object", properties: { list, n: { type: "integer" } } };
  expect(await form(schema, joined, "list=1%2C2&n=1")).toBe("200");
  expect(await form(schema, joined, "list=1,2")).toBe("200");
  expect(await form(schema, joined, "list=1%2Cb")).toBe("/list/0");
  const content = { "multipart/form-data": { schema, encoding: joined } };
  const t = await validator({}, at("/t", "post", { requestBody: { content } }));
  const part = (text: string) => `--X\r\nContent-Disposition: form-data; name=list\r\n\r\n${text}\r\n--X--\r\n`;
  const headers = { "content-type": "multipart/form-data; boundary=X" };
  const asked = async (text: string) =>
    (await ask(t, { method: "POST", path: "/t", headers, body: part(text) })).places.join();
  expect([await asked("1,2"), await asked("1,b")]).toEqual(["", "/list/1"]);
});

describe("a media type", () => {
  const typed = async (content: JsonObject, type: string, body: string) => {
    const t = await validator({}, at("/t", "post", { requestBody: { content } }));
    return (await ask(t, { method: "POST", path: "/t", headers: { "content-type": type }, body })).outcome;
  };
  const wants = (name: string): Json => ({ schema: { type: "object", required: [name] } });

  test("is chosen by its parameters where there are several", async () => {
    const content = { "application/json;v=1": wants("a"), "application/json; v=2": wants("b") };
    expect(await typed(content, "application/json;v=2", '{"b":1}')).toBe("200");
    expect(await typed(content, "application/json;v=2", '{"a":1}')).toBe("422 validation_failed");
    expect(await typed(content, "application/json;v=1; charset=utf-8", '{"a":1}')).toBe("200");
    expect(await typed({ "application/json;v=1": wants("a") }, "application/json;v=3", '{"a":1}')).toBe("200");
  });

  test("may be a range by the end of its name", async () => {
    const content = { "application/*+json": wants("a") };
    expect(await typed(content, "application/vnd.x+json", '{"a":1}')).toBe("200");
    expect(await typed(content, "application/vnd.x+json", "{}")).toBe("422 validation_failed");
    expect(await typed(content, "application/vnd.x+xml", "<a/>")).toBe("415 unsupported_media_type");
  });

  test("of text may be a number", async () => {
    const content = { "text/plain": { schema: { type: "integer" } } };
    expect([await typed(content, "text/plain", "5"), await typed(content, "text/plain", "x")]).toEqual([
      "200",
      "422 validation_failed",
    ]);
  });
});
