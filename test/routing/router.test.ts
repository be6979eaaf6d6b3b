import { describe, expect, test } from "bun:test";
import { buildRouter, type RouteSpec } from "../../src/routing/router.ts";
import { type RequestParts, requestFor } from "./request.ts";

type Spec = Omit<RouteSpec<string>, "value"> & { readonly value?: string };

/** The value is the path unless one is given. */
function routerOf(...routes: readonly (string | Spec)[]) {
  const specs = routes.map((route) => (typeof route === "string" ? { path: route } : route));
  return buildRouter(specs.map((spec) => ({ value: spec.path, ...spec })));
}

/** What takes the request: the route's value, the allowed methods, or undefined. */
function taken(router: ReturnType<typeof routerOf>, method: string, target: string, parts?: RequestParts) {
  const routed = router.match(requestFor(method, target, parts));
  return routed?.kind === "match" ? routed.value : routed?.allow;
}

function params(path: string, target: string) {
  const routed = routerOf(path).match(requestFor("GET", target));
  return routed?.kind === "match" ? routed.params : undefined;
}

describe("what a path takes", () => {
  test.each([
    ["/users", "/users", true],
    ["/users", "/users/", false],
    ["/users", "/usersx", false],
    ["/users", "/USERS", false],
    ["/users/", "/users/", true],
    ["/users/", "/users", false],
    ["/", "/", true],
    ["/", "//", false],
    ["/users/*", "/users", true],
    ["/users/*", "/users/", true],
    ["/users/*", "/users/5/x", true],
    ["/users/*", "/users//", true],
    ["/users/*", "/usersx", false],
    ["/users/*", "/user", false],
    ["/users/*", "//users/5", false],
    ["/users/:id", "/users/5", true],
    ["/users/:id", "/users/", false],
    ["/users/:id", "/users", false],
    ["/users/:id", "/users/5/", false],
    ["/users/:id/", "/users/5/", true],
    ["/users/:id/posts", "/users/5/posts", true],
    ["/users/:id/posts", "/users//posts", false],
    ["/users/:id/*", "/users/5", true],
    ["/users/:id/*", "/users/5/posts/7", true],
    ["/users/:id/*", "/users/", false],
    ["/users/:id/*", "/users//posts", false],
    ["/*", "/", true],
    ["/*", "/a/b", true],
    ["*", "//a", true],
    ["*", "*", false],
    ["~^.*$", "*", false],
    ["/a//b", "/a//b", true],
    ["/a//b", "/a/b", false],
    ["/café", "/caf%c3%a9", true],
    ["/café", "/caf%C3%A9", true],
    ["/caf%c3%a9/*", "/caf%C3%a9/x", true],
    ["/%41dmin/:id", "/Admin/1", true],
    ["/my file", "/my%20file", true],
    ["/a%2fb", "/a%2Fb", true],
    ["/a%2fb", "/a/b", false],
    ["/a/:x", "/a/b%2fc", true],
    ["/a;v=1", "/a;v=1", true],
    ["/a", "/a;v=1", false],
    ["~^/v[12]/", "/v2/users", true],
    ["~^/v[12]/", "/v3/users", false],
    ["~/v[12]/", "/api/v1/users", true],
    ["~^/caf%c3%a9$", "/caf%C3%A9", true],
    ["~^/a|^/b", "/b", true],
    ["~^/ab?$", "/a", true],
    ["~^/ab{0,1}$", "/a", true],
    ["~^/ab*$", "/a", true],
  ])("%s: %s %p", (path, target, isTaken) => {
    expect(taken(routerOf(path), "GET", target)).toBe(isTaken ? path : (undefined as never));
  });
});

describe("parameters", () => {
  test.each([
    ["/users", "/users", {}],
    ["/users/:id", "/users/5", { id: "5" }],
    ["/users/:id", "/users/a%2fb%c3%a9", { id: "a%2fb%c3%a9" }],
    ["/:a/x/:b", "/1/x/2", { a: "1", b: "2" }],
    ["/users/*", "/users", { "*": "" }],
    ["/users/*", "/users/", { "*": "" }],
    ["/users/*", "/users/a/b%2f", { "*": "a/b%2f" }],
    ["/users/*", "/users//a", { "*": "/a" }],
    ["/*", "/a/b", { "*": "a/b" }],
    ["/:id/*", "/5/a/", { id: "5", "*": "a/" }],
    ["/:id/*", "/5", { id: "5", "*": "" }],
    ["~^/(\\d+)/(?<name>\\w+)(/x)?$", "/12/ab", { 1: "12", 2: "ab", name: "ab" }],
    ["~^/x", "/xy", {}],
  ])("of %s in %s", (path, target, expected) => {
    expect(params(path, target)).toEqual(expected);
  });

  test("of two patterns keep their own names in one place of the tree", () => {
    const router = routerOf({ path: "/:id", methods: ["GET"] }, { path: "/:name", methods: ["PUT"] });
    expect(router.match(requestFor("GET", "/5"))).toMatchObject({ params: { id: "5" } });
    expect(router.match(requestFor("PUT", "/5"))).toMatchObject({ params: { name: "5" } });
  });

  test("cost nothing where there are none: every match is one and the same object", () => {
    const router = routerOf("/users");
    const first = router.match(requestFor("GET", "/users"));
    expect(first).toBeDefined();
    expect(router.match(requestFor("POST", "/users"))).toBe(first as never);
  });
});

describe("precedence", () => {
  test.each<[string, readonly string[], string, string]>([
    ["exact over parameter", ["/users/:id", "/users/me"], "/users/me", "/users/me"],
    ["parameter over prefix", ["/users/*", "/:a/:b"], "/users/5", "/:a/:b"],
    ["exact over longer regular expression", ["~^/users/[a-z]+$", "/users/me"], "/users/me", "/users/me"],
    ["prefix over regular expression", ["~^/users/", "/*"], "/users/5", "/*"],
    ["longer prefix", ["/*", "/users/*", "/users/admin/*"], "/users/admin/5", "/users/admin/*"],
    ["longer prefix, by segments", ["/longtext/*", "/:a/b/*"], "/longtext/b/c", "/:a/b/*"],
    ["prefix that is literal further left", ["/:a/b/*", "/a/:b/*"], "/a/b/c", "/a/:b/*"],
    ["parameter further right", ["/:a/b/c", "/a/:b/c", "/a/b/:c"], "/a/b/c", "/a/b/:c"],
    ["longer regular expression", ["~^/v1", "~^/v[12]/users"], "/v1/users", "~^/v[12]/users"],
  ])("%s, in whatever order", (_name, paths, target, expected) => {
    expect(taken(routerOf(...paths), "GET", target)).toBe(expected);
    expect(taken(routerOf(...paths.toReversed()), "GET", target)).toBe(expected);
  });

  test("the first of regular expressions of one length", () => {
    expect(taken(routerOf("~^/v[1]", "~^/[v]1"), "GET", "/v1")).toBe("~^/v[1]");
    expect(taken(routerOf("~^/[v]1", "~^/v[1]"), "GET", "/v1")).toBe("~^/[v]1");
  });

  test("more conditions win, then the first in order", () => {
    const router = routerOf(
      { path: "/x", value: "none" },
      { path: "/x", value: "later" },
      { path: "/x", methods: ["GET"], value: "method" },
      { path: "/x", headers: { a: "1" }, value: "header" },
      { path: "/x", headers: { a: "1" }, query: { q: "1" }, value: "header and query" },
      { path: "/x", headers: { a: "1", b: "2" }, methods: ["GET"], value: "three" },
    );
    expect(taken(router, "POST", "/x")).toBe("none");
    expect(taken(router, "GET", "/x")).toBe("method");
    expect(taken(router, "GET", "/x", { headers: { a: "1" } })).toBe("method");
    expect(taken(router, "POST", "/x", { headers: { a: "1" } })).toBe("header");
    expect(taken(router, "POST", "/x?q=1", { headers: { a: "1", b: "2" } })).toBe("header and query");
    expect(taken(router, "GET", "/x?q=1", { headers: { a: "1", b: "2" } })).toBe("three");
  });

  test("a request falls back to the next best route where conditions fail", () => {
    const router = routerOf(
      { path: "/users/me", methods: ["POST"] },
      { path: "/users/:id", methods: ["GET"] },
      { path: "/users/*", headers: { beta: "1" } },
      { path: "~^/users/", methods: ["PATCH"] },
      { path: "/*", methods: ["DELETE"] },
    );
    expect(taken(router, "POST", "/users/me")).toBe("/users/me");
    expect(taken(router, "GET", "/users/me")).toBe("/users/:id");
    expect(taken(router, "PUT", "/users/me", { headers: { beta: "1" } })).toBe("/users/*");
    expect(taken(router, "DELETE", "/users/me")).toBe("/*");
    expect(taken(router, "PATCH", "/users/me")).toBe("~^/users/");
    expect(taken(router, "PUT", "/users/me")).toEqual(["POST", "GET", "HEAD", "DELETE", "PATCH"]);
  });
});

describe("methods", () => {
  test("HEAD goes where GET does; OPTIONS is not special", () => {
    const router = routerOf({ path: "/x", methods: ["GET"] });
    expect(taken(router, "HEAD", "/x")).toBe("/x");
    expect(taken(router, "OPTIONS", "/x")).toEqual(["GET", "HEAD"]);
  });

  test("a HEAD route of its own comes before a later GET route", () => {
    const router = routerOf({ path: "/x", methods: ["HEAD"], value: "head" }, { path: "/x", methods: ["GET"] });
    expect(taken(router, "HEAD", "/x")).toBe("head");
    expect(taken(router, "PUT", "/x")).toEqual(["HEAD", "GET"]);
  });

  test("only routes that would take the request are in the union", () => {
    const router = routerOf(
      { path: "/x", methods: ["PUT"], headers: { a: "1" } },
      { path: "/x", methods: ["PATCH"], host: "other.test" },
      { path: "/x", methods: ["POST", "DELETE"] },
      { path: "/:id", methods: ["POST"] },
    );
    expect(taken(router, "GET", "/x")).toEqual(["POST", "DELETE"]);
    expect(taken(router, "GET", "/y/z")).toBeUndefined();
    expect(taken(router, "GET", "/x", { headers: { a: "1" } })).toEqual(["POST", "DELETE", "PUT"]);
  });

  test("one refusal does not linger in the next match", () => {
    const router = routerOf({ path: "/x", methods: ["PUT"] });
    expect(taken(router, "GET", "/x")).toEqual(["PUT"]);
    expect(taken(router, "GET", "/nothing")).toBeUndefined();
  });
});

describe("hosts", () => {
  const router = routerOf(
    { path: "/only-here", value: "no host" },
    { path: "/*", value: "any" },
    { path: "/*", host: "*.Example.com", value: "wildcard" },
    { path: "/*", host: "*.eu.example.com", value: "longer wildcard" },
    { path: "/*", host: "API.example.com", value: "exact" },
    { path: "/v6", host: "[::1]", value: "v6" },
  );

  test.each([
    ["api.example.com", "exact"],
    ["api.example.com:8080", "exact"],
    ["api.example.com.", "exact"],
    ["api.example.com.:80", "exact"],
    ["www.example.com", "wildcard"],
    ["a.b.example.com", "wildcard"],
    ["a.eu.example.com", "longer wildcard"],
    ["eu.example.com", "wildcard"],
    ["example.com", "any"],
    [".example.com", "any"],
    ["badexample.com", "any"],
    ["api.example.com.evil.test", "any"],
    ["", "any"],
    [`${"a.".repeat(8000)}example.com`, "any"],
  ])("%s", (host, expected) => {
    expect(taken(router, "GET", "/x", { host })).toBe(expected);
  });

  test("an address in brackets, with and without port", () => {
    expect(taken(router, "GET", "/v6", { host: "[::1]" })).toBe("v6");
    expect(taken(router, "GET", "/v6", { host: "[::1]:8080" })).toBe("v6");
    expect(taken(router, "GET", "/v6", { host: "[::2]" })).toBe("any");
  });

  test("a host wins over every path, and falls back where its routes refuse", () => {
    const hosts = routerOf(
      { path: "/exact", value: "no host" },
      { path: "/*", host: "a.test", methods: ["GET"], value: "host" },
      { path: "~.", host: "*.b.test", methods: ["PUT"], value: "wildcard" },
    );
    expect(taken(hosts, "GET", "/exact", { host: "a.test" })).toBe("host");
    expect(taken(hosts, "POST", "/exact", { host: "a.test" })).toBe("no host");
    expect(taken(hosts, "PUT", "/exact", { host: "x.b.test" })).toBe("wildcard");
    expect(taken(hosts, "GET", "/exact", { host: "x.b.test" })).toBe("no host");
    expect(taken(hosts, "POST", "/other", { host: "a.test" })).toEqual(["GET", "HEAD"]);
  });
});

describe("headers", () => {
  const router = routerOf({ path: "/x", headers: { "X-Api-Version": "2" } }, { path: "/u", headers: { name: "é" } });

  test.each<[string, [string, string][], boolean]>([
    ["the value", [["x-api-version", "2"]], true],
    ["another value", [["x-api-version", "22"]], false],
    ["no such header", [["x-api", "2"]], false],
    [
      "a second line",
      [
        ["x-api-version", "2"],
        ["x-api-version", "1"],
      ],
      false,
    ],
  ])("%s", (_name, headers, isTaken) => {
    expect(taken(router, "GET", "/x", { headers })).toBe(isTaken ? "/x" : (undefined as never));
  });

  test("values beyond ASCII are compared as UTF-8", () => {
    expect(taken(router, "GET", "/u", { headers: { name: "\xc3\xa9" } })).toBe("/u");
    expect(taken(router, "GET", "/u", { headers: { name: "\xe9" } })).toBeUndefined();
  });

  test("values cannot run into each other", () => {
    const joined = routerOf({ path: "/x", headers: { a: "12", b: "3" } });
    expect(taken(joined, "GET", "/x", { headers: { a: "12", b: "3" } })).toBe("/x");
    expect(taken(joined, "GET", "/x", { headers: { a: "1", b: "23" } })).toBeUndefined();
    expect(taken(joined, "GET", "/x", { headers: { a: "3", b: "12" } })).toBeUndefined();
  });
});

test("a malformed pattern is refused", () => {
  expect(() => routerOf("users")).toThrow(TypeError);
  expect(() => routerOf({ path: "/", host: "a b" })).toThrow(TypeError);
});
