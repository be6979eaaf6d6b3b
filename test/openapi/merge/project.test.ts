import { describe, expect, test } from "bun:test";
import { documentOf, linesOf, merge, operationAt, operationsIn, route } from "../support.ts";

const USERS = documentOf({ "/users": { get: {} }, "/users/{id}": { get: {}, delete: {} } });

/** Where clients find the operations of the users service behind these routes. */
const placed = (...routes: Parameters<typeof route>[0][]) =>
  operationsIn(
    merge(
      { users: USERS },
      routes.map((one) => route({ service: "users", ...one })),
    ).document,
  );

describe("an operation is where its route takes it", () => {
  test("as it is", () => {
    expect(placed({ path: "/users/*" })).toEqual(["GET /users", "GET /users/{id}", "DELETE /users/{id}"]);
  });

  test("without a prefix that is stripped, with one that is added", () => {
    expect(placed({ path: "/api/*", "strip-prefix": "/api" })).toContain("GET /api/users/{id}");
    expect(placed({ path: "/people/*", "strip-prefix": "/people", "add-prefix": "/users" })).toEqual([
      "GET /people",
      "GET /people/{id}",
      "DELETE /people/{id}",
    ]);
  });

  test("by a rewrite, with the parameters that it names", () => {
    expect(placed({ path: "/u/:key", rewrite: "/users/:key" })).toEqual(["GET /u/{id}", "DELETE /u/{id}"]);
    expect(placed({ path: "/t/:tenant/users/*", rewrite: "/users/*" })).toEqual([
      "GET /t/{tenant}/users/{id}",
      "DELETE /t/{tenant}/users/{id}",
    ]);
    expect(placed({ path: "/me", rewrite: "/users" })).toEqual(["GET /me"]);
  });

  test("with the methods that the route takes", () => {
    expect(placed({ path: "/users/*", methods: ["GET"] })).toEqual(["GET /users", "GET /users/{id}"]);
  });

  test("not where another route is first", () => {
    const routes = [route({ path: "/users/:id", service: "other" }), route({ path: "/users/*", service: "users" })];
    const merged = merge({ users: USERS, other: documentOf({ "/users/{key}": { put: {} } }) }, routes);
    expect(operationsIn(merged.document)).toEqual(["GET /users", "PUT /users/{key}"]);
    expect(linesOf(merged, "operation-dropped")).toEqual([
      "users: no route leads to DELETE /users/{id}",
      "users: no route leads to GET /users/{id}",
    ]);
  });

  test("everywhere, if several routes lead to it", () => {
    expect(placed({ path: "/a/*", "strip-prefix": "/a" }, { path: "/users/*" })).toHaveLength(6);
  });

  test("of a regular expression that its parameters fit", () => {
    expect(placed({ path: "~^/users/[A-Z]{8}$" })).toEqual([]);
    const numbered = documentOf({
      "/users/{id}": { get: { parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer" } }] } },
    });
    const merged = merge({ users: numbered }, [route({ path: "~^/users/\\d+$", service: "users" })]);
    expect(operationsIn(merged.document)).toEqual(["GET /users/{id}"]);
  });

  test("below the path of its server; without it, if only so a route leads there", () => {
    const served = { ...USERS, servers: [{ url: "https://users.internal/{v}", variables: { v: { default: "v2" } } }] };
    const at = (path: string) => merge({ users: served }, [route({ path, service: "users" })]);
    expect(operationsIn(at("/v2/*").document)).toContain("GET /v2/users/{id}");
    expect(operationsIn(at("/users/*").document)).toContain("GET /users/{id}");
    expect(linesOf(at("/users/*"), "note")[0]).toMatch(/servers is taken for the public one$/);
    expect(linesOf(at("/v2/*"), "note")).toEqual([]);
  });

  test("is left out where no route leads, and that is said", () => {
    const merged = merge({ users: USERS }, [route({ path: "/orders/*", service: "users" })]);
    expect(operationsIn(merged.document)).toEqual([]);
    expect(linesOf(merged, "operation-dropped")).toHaveLength(3);
    expect(merged.lines[0]).toMatchObject({ service: "users", pointer: "/paths/~1users/get" });
  });
});

describe("what a route asks for", () => {
  test("is in the operation: headers, query parameters, a host, parameters of the path alone", () => {
    const merged = merge({ users: USERS }, [
      route({
        path: "/t/:tenant/*",
        service: "users",
        host: "api.example.com",
        headers: { "X-Version": "2", Accept: "a/b" },
        query: { beta: "yes" },
        rewrite: "/*",
      }),
    ]);
    const operation = operationAt(merged, "/t/{tenant}/users");
    expect(operation.servers).toEqual([{ url: "//api.example.com" }]);
    expect(operation.parameters).toEqual([
      { name: "tenant", in: "path", required: true, schema: { type: "string" } },
      { name: "X-Version", in: "header", required: true, schema: { type: "string", const: "2" } },
      { name: "beta", in: "query", required: true, schema: { type: "string", const: "yes" } },
    ]);
  });

  test("decides which of two is documented: the one with fewer conditions", () => {
    const routes = [
      route({ path: "/x", service: "next", headers: { "x-v": "2" } }),
      route({ path: "/x", service: "old" }),
    ];
    const one = (summary: string) => documentOf({ "/x": { get: { summary } } });
    const merged = merge({ next: one("next"), old: one("old") }, routes);
    expect(operationAt(merged, "/x").summary).toBe("old");
    expect(linesOf(merged, "operation-clash")).toEqual(["next: GET /x is documented by old"]);
  });

  test("of weighted services: the one with the greater share, and never one without", () => {
    const weighted = [
      { service: "b", weight: 9 },
      { service: "a", weight: 1 },
      { service: "c", weight: 0 },
    ];
    const one = (summary: string) => documentOf({ "/x": { get: { summary } }, [`/${summary}`]: { get: {} } });
    const merged = merge({ a: one("a"), b: one("b"), c: one("c") }, [route({ path: "/*", weighted })]);
    expect(operationAt(merged, "/x").summary).toBe("b");
    expect(operationsIn(merged.document)).toEqual(["GET /a", "GET /b", "GET /x"]);
  });
});

describe("a route to a service without a document", () => {
  test("is documented by itself", () => {
    const merged = merge({}, [
      route({ path: "/files/:id", methods: ["GET"], service: "files" }),
      route({ path: "/raw/*", service: "files" }),
    ]);
    expect(operationsIn(merged.document)).toEqual([
      "GET /files/{id}",
      ...["GET", "PUT", "POST", "DELETE", "PATCH"].map((method) => `${method} /raw/{path}`),
    ]);
    expect(operationAt(merged, "/files/{id}")).toMatchObject({ tags: ["files"], operationId: "Files_get_files_id" });
    expect(linesOf(merged, "route-without-document")).toHaveLength(2);
  });

  test("is not, if it is hidden or a regular expression", () => {
    const routes = [route({ path: "/a", service: "secret" }), route({ path: "~^/b", service: "files" })];
    const merged = merge({}, routes, { hidden: new Set(["secret"]) });
    expect(operationsIn(merged.document)).toEqual([]);
    expect(linesOf(merged, "route-without-document")[0]).toMatch(/regular expression/);
  });
});
