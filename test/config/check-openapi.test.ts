import { describe, expect, test } from "bun:test";
import { documentPaths, ownPaths } from "../../src/config/openapi-paths.ts";
import { brief, briefs, load } from "./workspace.ts";

const USERS = "services:\n  users: { targets: ['http://127.0.0.1:4001'] }\n";
const ROUTE = "routes:\n  - { path: /users, service: users }\n";

function section(text: string): Promise<readonly string[]> {
  return briefs(`openapi: ${text}\n${USERS}${ROUTE}`);
}

function location(text: string): Promise<readonly string[]> {
  return briefs(`services: { users: { targets: ['http://127.0.0.1:1'], openapi: ${text} } }\n${ROUTE}`);
}

describe("openapi", () => {
  test("may be left out, off, or a map of which all is optional", async () => {
    for (const text of ["false", "{}", "{ path: /api/v1/openapi.json, docs: false, refresh: 5m }"]) {
      expect(await section(text)).toEqual([]);
    }
    const loaded = await load({ "gateway.yaml": `openapi: {}\n${USERS}${ROUTE}` });
    expect(loaded.ok && loaded.config.openapi).toEqual({
      path: "/openapi.json",
      docs: "/docs",
      title: "API",
      version: "1.0.0",
      refresh: 60_000,
      timeout: 10_000,
      "max-bytes": 16_777_216,
      documents: {},
    });
  });

  test.each([
    ["true", "1:10 openapi: expected false or a map, found true"],
    ["{ paht: /x }", '1:12 openapi.paht: unknown key "paht" (did you mean "path"?)'],
    ["{ path: openapi.json }", "1:18 openapi.path: expected a path of letters, digits, dots"],
    ["{ path: '/a/../b' }", "1:18 openapi.path: expected a path of letters, digits, dots"],
    [`{ docs: "/d'ocs" }`, "1:18 openapi.docs: expected a path of letters, digits, dots"],
    ["{ refresh: 0s }", "1:21 openapi.refresh: nothing can be done in no time"],
    ["{ timeout: 0s }", "1:21 openapi.timeout: nothing can be done in no time"],
    ["{ max-bytes: 0b }", "1:23 openapi.max-bytes: no document is so short"],
    ["{ docs: /openapi.json }", "1:18 openapi.docs: two things would be at /openapi.json"],
    ["{ docs: /openapi.yaml }", "1:18 openapi.docs: two things would be at /openapi.yaml"],
    ["{ documents: { A/B: { tags: [a] } } }", '1:30 openapi.documents["A/B"]: "A/B" cannot be the name of a document'],
    ["{ documents: { all: {} } }", "1:30 openapi.documents.all: nothing says which operations are in it"],
    [
      "{ documents: { all: { services: [user] } } }",
      '1:43 openapi.documents.all.services[0]: expected the name of a service, found "user" (did you mean "users"?)',
    ],
  ])("%s is a problem at its place", async (text, problem) => {
    const found = await section(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toStartWith(problem);
  });

  test.each([
    ["/openapi.json", "{}"],
    ["/openapi.yaml", "{}"],
    ["/docs", "{}"],
    ["/docs/scalar.js", "{}"],
    ["/openapi/partner.yaml", "{ documents: { partner: { tags: [a] } } }"],
  ])("does not share %s with a route", async (path, text) => {
    const routes = `routes:\n  - { path: /users, service: users }\n  - { path: ${path}, service: users }\n`;
    const [problem, ...others] = await briefs(`openapi: ${text}\n${USERS}${routes}`);
    expect(problem).toStartWith(`6:13 routes[1].path: the gateway itself answers at ${path}`);
    expect(others).toEqual([]);
    expect(await briefs(`${USERS}${routes}`)).toEqual([]);
  });

  test("lets routes be that take its paths among others", async () => {
    const routes =
      "routes:\n  - { path: /*, service: users }\n  - { path: /docs/*, service: users }\n  - { path: /:page, service: users }\n";
    expect(await briefs(`openapi: {}\n${USERS}${routes}`)).toEqual([]);
  });
});

describe("a service's openapi", () => {
  test("is a path, a URL or a file, in words or in a map, and one form once it is loaded", async () => {
    const files = {
      "gateway.yaml": `include: [team/*.yaml]\n${ROUTE}`,
      "team/users.yaml": "services: { users: { targets: ['http://127.0.0.1:1'], openapi: users.json } }\n",
      "team/users.json": "{}",
    };
    const loaded = await load(files);
    expect(loaded.ok ? loaded.config.services.users?.openapi : loaded.problems.map(brief)).toEqual({
      file: expect.stringMatching(/\/team\/users\.json$/),
      headers: {},
    });
    for (const text of [
      "false",
      "/a?b=c",
      "https://a.example/b",
      "{ path: /a, headers: { x-a: b } }",
      "{ url: 'http://a' }",
    ]) {
      expect(await location(text)).toEqual([]);
    }
  });

  test.each([
    ["true", "expected a path on the service, a URL, a file, { path | url | file, headers } or false, found true"],
    [
      "missing.json",
      "expected the path of a file that can be read: there is no such file (a path on the service begins with /)",
    ],
    ["ftp://a/b", "expected a URL with http or https, a host and no password (headers can carry a token)"],
    ["'http://u:p@a/b'", "expected a URL with http or https, a host and no password (headers can carry a token)"],
    ["'/a b'", "expected a path as it stands in a URL: visible ASCII without # (escape what else there is: %20)"],
    ["{}", "expected one of path, url and file (for example { path: /openapi.json })"],
    ["{ path: /a, url: 'http://a' }", "expected one of path, url and file (for example { path: /openapi.json })"],
    ["{ path: a }", 'expected a path that begins with /, found "a"'],
    ["{ file: nowhere.json }", "expected the path of a file that can be read: there is no such file"],
    ["{ path: /a, headers: { 'x y': b } }", '"x y" cannot be the name of a header'],
    ['{ path: /a, headers: { x: "b\\r\\nc" } }', "a header's value is visible ASCII"],
  ])("%s is a problem", async (text, problem) => {
    const found = await location(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toEndWith(`: ${problem}`);
  });
});

describe("the paths", () => {
  test("follow from that of the document", () => {
    const documents = { partner: { tags: ["a"] } };
    expect(documentPaths({ path: "/v1/api.json", documents })).toEqual([
      { audience: undefined, json: "/v1/api.json", yaml: "/v1/api.yaml" },
      { audience: "partner", json: "/v1/api/partner.json", yaml: "/v1/api/partner.yaml" },
    ]);
    expect(documentPaths({ path: "/spec", documents: {} })).toEqual([
      { audience: undefined, json: "/spec", yaml: "/spec.yaml" },
    ]);
    expect(ownPaths({ path: "/spec", docs: false, documents: {} })).toEqual(["/spec", "/spec.yaml"]);
    expect(ownPaths({ path: "/spec", docs: "/d", documents: {} })).toEqual([
      "/spec",
      "/spec.yaml",
      "/d",
      "/d/scalar.js",
      "/d/start.js",
    ]);
  });
});
