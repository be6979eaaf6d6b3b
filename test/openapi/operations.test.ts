import { describe, expect, test } from "bun:test";
import { type Json, objectAt } from "../../src/openapi/json.ts";
import { documentOf, linesOf, merge, operationAt, operationsIn, route } from "./support.ts";

describe("operations", () => {
  test("keep an id that is theirs alone, and get the service's name before one that others have", () => {
    const merged = merge({
      a: documentOf({ "/x": { get: { operationId: "list" }, put: { operationId: "own" }, post: {} } }),
      b: documentOf({ "/x": { get: { operationId: "list" } } }),
    });
    const ids = ["get", "put", "post"].map((method) => operationAt(merged, "/a/x", method).operationId);
    expect(ids).toEqual(["A_list", "own", "A_post_a_x"]);
    expect(operationAt(merged, "/b/x").operationId).toBe("B_list");
    expect(linesOf(merged, "operation-id-renamed")).toEqual(["a: list is A_list", "b: list is B_list"]);
  });

  test("at paths whose parameters differ in their names alone stand together, by the names that most have", () => {
    const id = (name: string, more = {}) => ({ name, in: "path", required: true, schema: { type: "string" }, ...more });
    const routes = [route({ path: "/*", methods: ["GET"], service: "a" }), route({ path: "/*", service: "b" })];
    const merged = merge(
      {
        a: documentOf({ "/p/{pet}": { get: { parameters: [id("pet", { description: "A pet" })] } } }),
        b: documentOf({ "/p/{id}": { put: { parameters: [id("id")] }, delete: {} } }),
      },
      routes,
    );
    expect(operationsIn(merged.document)).toEqual(["GET /p/{id}", "PUT /p/{id}", "DELETE /p/{id}"]);
    expect(operationAt(merged, "/p/{id}").parameters).toEqual([id("id", { description: "A pet" })]);
    expect(operationAt(merged, "/p/{id}", "delete").parameters).toEqual([id("id")]);
  });

  test("have what their path and their document say for all", () => {
    const shared = { name: "q", in: "query", schema: { type: "string" } };
    const own = { ...shared, description: "own" };
    const document = documentOf(
      {
        "/x": {
          summary: "All",
          parameters: [shared, { name: "h", in: "header", schema: {} }],
          get: { parameters: [own] },
        },
      },
      { security: [{ key: [] }], components: { securitySchemes: { key: { type: "apiKey", name: "k", in: "query" } } } },
    );
    const operation = operationAt(merge({ a: document }), "/a/x");
    expect(operation.parameters).toEqual([{ name: "h", in: "header", schema: {} }, own]);
    expect([operation.summary, operation.security]).toEqual(["All", [{ key: [] }]]);
  });

  test("that are internal are not there, nor internal parameters", () => {
    const secret = { name: "s", in: "query", schema: {}, "x-internal": true };
    const merged = merge({
      a: documentOf({
        "/x": { get: { parameters: [secret] }, put: { "x-internal": true } },
        "/y": { "x-internal": true, get: {} },
      }),
    });
    expect(operationsIn(merged.document)).toEqual(["GET /a/x"]);
    expect(operationAt(merged, "/a/x").parameters).toBeUndefined();
    expect(linesOf(merged, "operation-hidden")).toHaveLength(2);
  });

  test("that links lead to are followed where they are now; a link to what is not there is gone", () => {
    const links = {
      byId: { operationId: "other" },
      byRef: { operationRef: "#/paths/~1y/get" },
      outside: { operationRef: "https://example.com/#/paths/~1z/get" },
      gone: { operationId: "nobody" },
      beside: { operationRef: "other.json#/paths/~1z/get" },
    };
    const document = documentOf({
      "/x": { get: { operationId: "first", responses: { 200: { description: "Good", links } } } },
      "/y": { get: { operationId: "other" } },
    });
    const merged = merge({ a: document, b: document });
    expect(objectAt(objectAt(operationAt(merged, "/b/x").responses, "200"), "links")).toEqual({
      byId: { operationId: "B_other" },
      byRef: { operationId: "B_other" },
      outside: links.outside,
    });
    const lines = linesOf(merged, "reference-broken");
    expect(lines).toContain("a: the link gone leads to nobody, which is not published: it is left out");
    expect(lines).toContain(
      "b: the link beside leads to other.json#/paths/~1z/get, which is not published: it is left out",
    );
  });

  test("of callbacks and webhooks have ids of their own, too", () => {
    const callbacks = {
      done: { "{$request.query.url}": { post: { operationId: "told", responses: { 200: { description: "G" } } } } },
    };
    const document = documentOf(
      { "/x": { post: { operationId: "start", callbacks } } },
      { webhooks: { news: { post: { operationId: "news", responses: { 200: { description: "G" } } } } } },
    );
    const merged = merge({ a: document, b: document });
    const ids = [...JSON.stringify(merged.document).matchAll(/"operationId":"([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(objectAt(merged.document, "webhooks") ?? {})).toEqual(["A_news", "B_news"]);
  });
});

describe("tags", () => {
  test("of one service alone stay, others are told apart, and each service has a group", () => {
    const tagged = (...tags: string[]) =>
      documentOf({ "/x": { get: { tags } }, "/y": { get: {} } }, { tags: [{ name: "own", description: "D" }] });
    const merged = merge({ a: tagged("own", "both"), b: tagged("both") });
    expect(operationAt(merged, "/a/x").tags).toEqual(["own", "a / both"]);
    expect(operationAt(merged, "/b/y").tags).toEqual(["b"]);
    expect(merged.document.tags).toEqual([
      { name: "a" },
      { name: "a / both" },
      { name: "b" },
      { name: "b / both" },
      { name: "own", description: "D" },
    ]);
    expect(merged.document["x-tagGroups"]).toEqual([
      { name: "a", tags: ["a", "a / both", "own"] },
      { name: "b", tags: ["b", "b / both"] },
    ]);
  });

  test("are below others, which are there whatever they are called now", () => {
    const tagged = (...tags: Json[]) => documentOf({ "/x": { get: { tags: ["leaf"] } } }, { openapi: "3.2.0", tags });
    const tree = [
      { name: "leaf", parent: "branch", kind: "nav" },
      { name: "branch", summary: "B", parent: "root" },
      { name: "root", parent: "branch" },
      { name: "nobody's" },
    ];
    const lonely = merge({ a: tagged(...tree) });
    expect(lonely.document.tags).toEqual([
      { name: "branch", summary: "B", parent: "root" },
      { name: "leaf", parent: "branch", kind: "nav" },
      { name: "root", parent: "branch" },
    ]);
    const both = merge({ a: tagged(...tree), b: tagged({ name: "leaf", parent: "nowhere" }) });
    expect(both.document.tags).toEqual([
      { name: "a / leaf", parent: "branch", kind: "nav" },
      { name: "b / leaf" },
      { name: "branch", summary: "B", parent: "root" },
      { name: "root", parent: "branch" },
    ]);
  });
});
