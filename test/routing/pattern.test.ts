import { describe, expect, test } from "bun:test";
import type { RouteConfig } from "../../src/config/schema.ts";
import { routeProblems } from "../../src/routing/pattern.ts";

type Settings = Partial<RouteConfig>;

function problems(settings: Settings): string[] {
  return routeProblems({ path: "/x", plugins: {}, ...settings }).map(({ key, message }) => `${key}: ${message}`);
}

test.each<Settings>([
  { path: "/" },
  { path: "*" },
  { path: "/users/:id/*" },
  { path: "/a//b" },
  { path: "/users:batch" },
  { path: "~^/v(?<major>[12])/" },
  { host: "api.example.com" },
  { host: "*.Example.com." },
  { host: "localhost" },
  { host: "192.0.2.1" },
  { host: "[::1]" },
  { headers: { "X-Api": "a b" } },
  { path: "/e/*", "strip-prefix": "/e", "add-prefix": "/v2" },
  { path: "/e/*", "strip-prefix": "/e/deeper" },
  { path: "/:tenant/x", "strip-prefix": "/acme" },
  { path: "/%c3%a9", "strip-prefix": "/é" },
  { path: "~^/e/", "strip-prefix": "/e" },
  { path: "/*", "strip-prefix": "/" },
  { path: "/:a/*", rewrite: "/x/*/:a" },
  { path: "~^/(a)(?<b>b)", rewrite: "/$1/$2/$<b>" },
])("nothing is wrong with %j", (settings) => {
  expect(problems(settings)).toEqual([]);
});

describe("path", () => {
  test.each([
    ["users", 'expected a path that begins with /, found "users"'],
    ["", 'expected a path that begins with /, found ""'],
    ["/a/*/b", 'expected * as the whole last segment, found "*"'],
    ["/a*", 'expected * as the whole last segment, found "a*"'],
    ["/**", 'expected * as the whole last segment, found "**"'],
    ["/:", 'expected the name of a parameter (letters, digits and _) after the colon, found ":"'],
    ["/:a-b", 'expected the name of a parameter (letters, digits and _) after the colon, found ":a-b"'],
    ["/:1", 'expected the name of a parameter (letters, digits and _) after the colon, found ":1"'],
    ["/:__proto__", 'expected the name of a parameter (letters, digits and _) after the colon, found ":__proto__"'],
    ["/:id/x/:id", 'expected each parameter once, found ":id" twice'],
    ["/x?y=1", 'expected a path without a query, found "/x?y=1"'],
    ["/x#y", 'expected a path without a fragment, found "/x#y"'],
    ["/a/../b", 'dot segments are resolved before a path is matched, found ".."'],
    ["/%2e/b", 'dot segments are resolved before a path is matched, found "%2e"'],
    ["/a/..;x", 'expected a segment of a path, found "..;x"'],
    ["/a%zz", 'expected a segment of a path, found "a%zz"'],
    ["/a\\b", 'expected a segment of a path, found "a\\\\b"'],
    ["~", "expected a regular expression after ~, found nothing"],
    ["~(?<__proto__>x)", 'a group cannot be named "__proto__"'],
  ])("%s", (path, message) => {
    expect(problems({ path })).toEqual([`path: ${message}`]);
  });

  test("a malformed regular expression comes with its reason", () => {
    expect(problems({ path: "~^/(a" })).toEqual([
      'path: expected a regular expression after ~, found "^/(a": missing )',
    ]);
  });
});

test.each([
  ["*", 'found "*": leave host out to take every host'],
  ["api.example.com:8080", 'expected a host without a port, found "api.example.com:8080": the port is not compared'],
  ["münchen.example", 'expected a host in its ASCII form (xn--…), found "münchen.example"'],
  ["api.*.com", 'expected a host such as api.example.com or *.example.com, found "api.*.com"'],
  ["*example.com", 'expected a host such as api.example.com or *.example.com, found "*example.com"'],
  ["*.", 'expected a host such as api.example.com or *.example.com, found "*."'],
  ["a..b", 'expected a host such as api.example.com or *.example.com, found "a..b"'],
  ["http://a", 'expected a host such as api.example.com or *.example.com, found "http://a"'],
  ["*.[::1]", 'expected a host such as api.example.com or *.example.com, found "*.[::1]"'],
])("host %s", (host, message) => {
  expect(problems({ host })).toEqual([`host: ${message}`]);
});

test.each<[Settings, string]>([
  [{ headers: { "a b": "x" } }, 'headers: expected the name of a header, found "a b"'],
  [{ headers: { a: "x " } }, 'headers: expected a value without blanks around it for a, found "x "'],
  [{ path: "/a/*", "strip-prefix": "/b" }, 'strip-prefix: no path of this route begins with "/b"'],
  [{ path: "/a/b", "strip-prefix": "/a/b/c" }, 'strip-prefix: no path of this route begins with "/a/b/c"'],
  [{ path: "/ab/*", "strip-prefix": "/a" }, 'strip-prefix: no path of this route begins with "/a"'],
  [{ path: "/:a/b", "strip-prefix": "//b" }, 'strip-prefix: no path of this route begins with "//b"'],
  [{ path: "/a/*", "strip-prefix": "/a/*" }, 'strip-prefix: expected a prefix of plain text, found "*" in it'],
  [{ path: "/:a", "strip-prefix": "/:a" }, 'strip-prefix: expected a prefix of plain text, found ":a" in it'],
  [{ "add-prefix": "/v2/:id" }, 'add-prefix: expected a prefix of plain text, found ":id" in it'],
  [{ "add-prefix": "/../x" }, 'add-prefix: dot segments are resolved before a path is matched, found ".."'],
  [{ "add-prefix": "/x?y" }, 'add-prefix: expected a path without a query, found "/x?y"'],
  [{ rewrite: "/:id" }, 'rewrite: expected a parameter of the route\'s path, which has none, found "id"'],
  [{ path: "/:a/*", rewrite: "/:b" }, 'rewrite: expected a parameter of the route\'s path, which has a, *, found "b"'],
  [{ path: "~^/(a)", rewrite: "/$2" }, 'rewrite: expected a parameter of the route\'s path, which has 1, found "2"'],
  [{ rewrite: "/a/../b" }, 'rewrite: expected a path without dot segments or needless escapes, found "/a/../b"'],
  [{ rewrite: "/a?b" }, 'rewrite: expected a path without a query, found "/a?b"'],
  [{ rewrite: "/%zz" }, 'rewrite: expected a path, found "/%zz"'],
  [
    { rewrite: "/a", "add-prefix": "/b" },
    "rewrite: rewrite makes the whole path: it cannot go with strip-prefix or add-prefix",
  ],
])("%j", (settings, problem) => {
  expect(problems(settings)).toEqual([problem]);
});

test("all problems are told at once", () => {
  expect(problems({ path: "x", host: "*", "strip-prefix": "/%", rewrite: "/?" })).toHaveLength(5);
});
