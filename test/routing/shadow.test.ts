import { describe, expect, test } from "bun:test";
import type { RouteConfig } from "../../src/config/schema.ts";
import { findShadowed } from "../../src/routing/shadow.ts";

type Settings = Partial<RouteConfig> & { readonly path: string };

function shadows(...routes: readonly Settings[]): string[] {
  return findShadowed(routes.map((route) => ({ plugins: {}, ...route }))).map(({ route, by }) => `${route} by ${by}`);
}

describe("shadowed", () => {
  test.each<[string, Settings[], string[]]>([
    ["the same path", [{ path: "/x" }, { path: "/x" }, { path: "/x" }], ["1 by 0", "2 by 0"]],
    ["other names of parameters", [{ path: "/:a/*" }, { path: "/:b/*" }], ["1 by 0"]],
    ["another spelling", [{ path: "/caf%c3%a9" }, { path: "/café" }], ["1 by 0"]],
    ["* and /*", [{ path: "*" }, { path: "/*" }], ["1 by 0"]],
    [
      "fewer methods",
      [
        { path: "/x", methods: ["GET", "PUT"] },
        { path: "/x", methods: ["HEAD"] },
        { path: "/x", methods: ["PUT", "GET"] },
      ],
      ["1 by 0", "2 by 0"],
    ],
    [
      "methods of several routes",
      [
        { path: "/x", methods: ["GET"] },
        { path: "/x", methods: ["PUT"] },
        { path: "/x", methods: ["PUT", "GET"] },
      ],
      ["2 by 1"],
    ],
    [
      "the same host and conditions",
      [
        { path: "/x", host: "a.test", headers: { A: "1", b: "2" }, query: { q: "1" } },
        { path: "/x", host: "A.test.", headers: { B: "2", a: "1" }, query: { q: "1" } },
      ],
      ["1 by 0"],
    ],
    ["the same regular expression", [{ path: "~^/x" }, { path: "~^/x" }], ["1 by 0"]],
    ["a regular expression by a later catch-all", [{ path: "~x" }, { path: "/*" }], ["0 by 1"]],
    [
      "a regular expression by the prefix that it begins with",
      [{ path: "~^/api/v[12]/" }, { path: "/api/*" }],
      ["0 by 1"],
    ],
    [
      "a regular expression with conditions",
      [
        { path: "~^/a/", methods: ["GET"], headers: { x: "1" } },
        { path: "/a/*", methods: ["GET"] },
      ],
      ["0 by 1"],
    ],
    [
      "a regular expression by a prefix with its conditions",
      [
        { path: "~x", headers: { x: "1" }, methods: ["PUT"] },
        { path: "*", headers: { x: "1" } },
      ],
      ["0 by 1"],
    ],
    [
      "a regular expression that is covered twice, once",
      [{ path: "~x" }, { path: "~x" }, { path: "*" }],
      ["0 by 2", "1 by 0"],
    ],
    [
      "a regular expression by its own host's",
      [
        { path: "~x", host: "a.test" },
        { path: "*", host: "a.test" },
      ],
      ["0 by 1"],
    ],
  ])("%s", (_name, routes, expected) => {
    expect(shadows(...routes)).toEqual(expected);
  });
});

test.each<[string, Settings[]]>([
  ["another path", [{ path: "/x" }, { path: "/x/" }, { path: "/x/*" }, { path: "/:x" }]],
  ["exact paths under a prefix", [{ path: "/*" }, { path: "/x" }, { path: "/x/*" }]],
  ["more conditions", [{ path: "/x" }, { path: "/x", methods: ["GET"] }, { path: "/x", headers: { a: "1" } }]],
  [
    "a method more",
    [
      { path: "/x", methods: ["GET"] },
      { path: "/x", methods: ["GET", "PUT"] },
    ],
  ],
  [
    "GET behind HEAD",
    [
      { path: "/x", methods: ["HEAD"] },
      { path: "/x", methods: ["GET"] },
    ],
  ],
  ["another host", [{ path: "/x" }, { path: "/x", host: "a.test" }, { path: "/x", host: "*.a.test" }]],
  [
    "another value",
    [
      { path: "/x", headers: { a: "1" } },
      { path: "/x", headers: { a: "2" } },
    ],
  ],
  [
    "header and query of one name",
    [
      { path: "/x", headers: { a: "1" } },
      { path: "/x", query: { a: "1" } },
    ],
  ],
  [
    "a regular expression beside a prefix",
    [{ path: "/api/*" }, { path: "~^/apis/" }, { path: "~^/api" }, { path: "~/api/" }],
  ],
  ["a regular expression of another host", [{ path: "*", host: "a.test" }, { path: "~x" }]],
  ["a regular expression with a method more", [{ path: "*", methods: ["GET"] }, { path: "~x" }]],
  ["a catch-all with conditions", [{ path: "*", headers: { a: "1" } }, { path: "~x" }]],
  ["malformed routes", [{ path: "x" }, { path: "x" }, { path: "~(" }, { path: "/x", host: "?" }]],
])("not shadowed: %s", (_name, routes) => {
  expect(shadows(...routes)).toEqual([]);
});

test("many routes are compared by key, not with each other", () => {
  const routes = Array.from({ length: 20_000 }, (_, i) => ({
    path: `/s${i % 10_000}/:id`,
    headers: { a: `${i % 7}` },
  }));
  const found = shadows(...routes);
  expect(found.length).toBe(routes.filter((_, i) => i >= 10_000 && i % 7 === (i - 10_000) % 7).length);
});
