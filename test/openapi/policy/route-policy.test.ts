import { describe, expect, test } from "bun:test";
import { type JsonObject, objectAt } from "../../../src/openapi/json.ts";
import { mergeDocuments } from "../../../src/openapi/merge/merge.ts";
import { describeRoutes, policyOf } from "../../../src/openapi/policy/route-policy.ts";
import { definePlugin, type Plugin, type PluginPolicy, Type } from "../../../src/plugin.ts";
import { testDocument } from "../../support/document.ts";

const pem = new URL("../../../examples/shop/nobody.pem", import.meta.url).pathname;
const jwt = `jwt: { public-key: "${pem}" }`;

const schema = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string) => ({ "application/json": { schema: schema(name) } });

/** A service's document that has names and statuses of the gateway's too. */
const users: JsonObject = {
  openapi: "3.1.0",
  info: { title: "Users", version: "1" },
  paths: {
    "/users": {
      get: {
        operationId: "list",
        description: "Lists users.",
        security: [{ jwt: [] }],
        responses: {
          200: { description: "All.", content: json("GatewayProblem") },
          401: { $ref: "#/components/responses/Gateway401" },
          404: { description: "None." },
          default: { description: "It failed.", content: json("GatewayProblem") },
        },
      },
      post: { operationId: "add", responses: { 201: { description: "Added." } } },
    },
    "/open": { get: { security: [{ jwt: [] }], responses: { 200: { description: "Open." } } } },
  },
  components: {
    schemas: { GatewayProblem: { type: "string" } },
    responses: { Gateway401: { description: "Who?", content: json("GatewayProblem") } },
    securitySchemes: { jwt: { type: "apiKey", in: "cookie", name: "own" } },
  },
};
const inputs = [{ service: "users", document: users }];
const yaml = (plugins: string, more = "") => `
services: { users: { targets: ["http://127.0.0.1:1"] } }
routes:
  - { path: /users, service: users, plugins: { ${plugins} }${more} }
  - { path: /open, service: users }`;

describe("a merged document", () => {
  test("is valid, and has what the gateway does beside what the service says", async () => {
    const { operation, problems } = await testDocument(yaml(`${jwt}, rate-limit: { limit: 5/m }`), inputs);
    expect(await problems()).toBeUndefined();
    const get = operation("/users", "GET");
    expect(get).toMatchObject({
      description: "Lists users.\n\nAt most 5 requests in 1 minute for each client address.",
      security: [{ jwt: [] }],
      "x-ratelimit": [{ limit: 5 }],
    });
    expect(Object.keys(get.responses)).toEqual(["200", "400", "401", "404", "429", "502", "503", "504", "default"]);
    expect(Object.keys(operation("/users", "POST").responses)).toContain("413");
    expect(operation("/users", "POST").responses).toMatchObject({ 201: { description: "Added." } });
  });

  test("has the headers that the gateway adds in all that the service answers, also in components, and those of the route everywhere", async () => {
    const more = ", deprecated: { sunset: 2030-01-01 }";
    const shared = { $ref: "#/components/responses/Done" };
    const document: JsonObject = {
      openapi: "3.1.0",
      info: { title: "Users", version: "1" },
      paths: {
        "/users/all": { get: { responses: { 200: shared, 404: { description: "None." } } } },
        "/users/{id}": { get: { responses: { 200: shared, default: { description: "Other." } } } },
        "/open": { get: { responses: { 200: shared } } },
      },
      components: {
        responses: { Done: { description: "Done.", headers: { ratelimit: { description: "My own.", schema: {} } } } },
      },
    };
    const below = yaml("rate-limit: { limit: 5/m }", more).replace("/users,", "/users/*,");
    const { operation, response, problems } = await testDocument(below, [{ service: "users", document }]);
    expect(await problems()).toBeUndefined();
    const { description, headers } = response("/users/all", "GET", 200);
    expect(description).toBe("Done.");
    expect(Object.keys(headers as JsonObject)).toEqual(["RateLimit-Policy", "Deprecation", "Sunset", "ratelimit"]);
    expect(headers).toMatchObject({ ratelimit: { description: "My own." }, Sunset: { schema: { type: "string" } } });
    const names = (status: number, path = "/users/all") => {
      return Object.keys((response(path, "GET", status).headers ?? {}) as JsonObject).toSorted();
    };
    expect(names(404)).toEqual(["Deprecation", "RateLimit", "RateLimit-Policy", "Sunset"]);
    // It is the default there.
    expect(names(418, "/users/{id}")).toEqual(names(404));
    for (const status of [502, 504]) expect([status, names(status)]).toEqual([status, ["Deprecation", "Sunset"]]);
    expect(names(429)).toEqual(["Deprecation", "RateLimit", "RateLimit-Policy", "Retry-After", "Sunset"]);
    // Operations that share a response of the service's go on sharing one.
    const done = (path: string) => objectAt(operation(path, "GET").responses, "200");
    expect(done("/users/all")).toEqual({ $ref: "#/components/responses/Gateway200" });
    expect(done("/users/{id}")).toEqual(done("/users/all"));
    // No policy of headers on that route: the reference stays.
    expect(operation("/open", "GET").responses).toMatchObject({ 200: shared });
  });

  test("gives other names to the service's components that are called as the gateway's", async () => {
    const { document, operation, response } = await testDocument(yaml(jwt), inputs);
    const { schemas, responses, securitySchemes } = document.components as Record<string, JsonObject>;
    expect(schemas).toMatchObject({ GatewayProblem: { type: "object" }, Users_GatewayProblem: { type: "string" } });
    expect(securitySchemes).toMatchObject({ jwt: { scheme: "bearer" }, Users_jwt: { name: "own" } });
    expect(Object.keys(responses ?? {})).toContain("Users_Gateway401");
    // Where the gateway asks nobody, it is the service's to say who may call.
    expect(operation("/open", "GET").security).toEqual([{ Users_jwt: [] }]);
    expect(response("/users", "GET", 200).content).toMatchObject(json("Users_GatewayProblem"));
  });

  test("lets both through where both answer with a status, also with one that the service has only a general word for", async () => {
    const { response } = await testDocument(yaml(jwt), inputs);
    expect(response("/users", "GET", 401)).toMatchObject({
      description: expect.stringMatching(/^Who\?\n\nThe gateway's own answer:/),
      content: { ...json("Users_GatewayProblem"), "application/problem+json": {} },
    });
    expect(response("/users", "GET", 502)).toMatchObject({
      description: expect.stringMatching(/^It failed\.\n\n/),
      content: { ...json("Users_GatewayProblem"), "application/problem+json": {} },
    });
    expect(response("/users", "POST", 502).description).toStartWith("The gateway's own answer:");
  });

  test("lets a class of the gateway's answers through with each status that is named", async () => {
    const plugins = `forward-auth: { url: "http://127.0.0.1:1/" }, ${jwt}`;
    const { response, problems } = await testDocument(yaml(plugins), inputs);
    expect(await problems()).toBeUndefined();
    for (const status of [401, 404]) expect(response("/users", "GET", status).content).toHaveProperty("*/*");
    expect(response("/users", "GET", 401).content).toHaveProperty("application/problem+json");
    expect(response("/users", "GET", 410).description).toContain("has refused this one");
    expect(response("/users", "GET", 200).content).not.toHaveProperty("*/*");
  });

  test("has each answer once, and only those that are used", async () => {
    const { document } = await testDocument(yaml(jwt), inputs);
    const { responses = {} } = document.components as Record<string, JsonObject>;
    const text = JSON.stringify(document.paths);
    const names = Object.keys(responses).filter((name) => name.startsWith("Gateway"));
    // Of two operations one has a general word for failures, the other has not.
    expect(names.sort()).toEqual(
      [
        ..."400 401 413 502 503 504".split(" ").map((status) => `Gateway${status}`),
        ..."400 401 502 503 504".split(" ").map((status) => `Gateway${status}-2`),
      ].sort(),
    );
    for (const name of names) expect(text).toContain(`"#/components/responses/${name}"`);
  });

  test("is the same whatever is read first", async () => {
    const text = `
services: { users: { targets: ["http://127.0.0.1:1"] }, more: { targets: ["http://127.0.0.1:1"] } }
routes:
  - { path: /users, service: users, plugins: { ${jwt} } }
  - { path: /more/*, service: more, strip-prefix: /more, plugins: { api-key: {} } }`;
    const both = [...inputs, { service: "more", document: users }];
    const [one, other] = [await testDocument(text, both), await testDocument(text, both.toReversed())];
    expect(JSON.stringify(one.document)).toBe(JSON.stringify(other.document));
    expect(await one.problems()).toBeUndefined();
  });

  test("says which operations are deprecated, since when, until when and why", async () => {
    const until = "deprecated: { since: 2026-01-01, sunset: 2027-01-01, link: https://example.com/new }";
    const { operation } = await testDocument(yaml("", `, ${until}`), inputs);
    expect(operation("/users", "GET")).toMatchObject({
      deprecated: true,
      description:
        "Lists users.\n\nDeprecated since 2026-01-01. It goes away on 2027-01-01. See https://example.com/new.",
      "x-deprecated": { since: "2026-01-01", link: "https://example.com/new" },
      "x-sunset": "2027-01-01",
    });
    expect(operation("/open", "GET").deprecated).toBeUndefined();
    const plain = (await testDocument(yaml("", ", deprecated: true"), inputs)).operation("/users", "GET");
    expect(plain).toMatchObject({ deprecated: true, description: "Lists users.\n\nDeprecated." });
    expect(plain).not.toHaveProperty("x-deprecated");
    const not = (await testDocument(yaml("", ", deprecated: false"), inputs)).operation("/users", "GET");
    expect(not.deprecated).toBeUndefined();
  });

  test("has for each of several services what is on the way to it", async () => {
    const { operation } = await testDocument(
      `
services:
  users: { targets: ["http://127.0.0.1:1"], plugins: { rate-limit: { limit: 5/m } } }
  other: { targets: ["http://127.0.0.1:1"], plugins: { api-key: {} } }
routes:
  - { path: /users, weighted: [{ service: users, weight: 1 }, { service: other, weight: 9 }] }
  - { path: /open, service: other, plugins: { api-key: false } }`,
      inputs,
    );
    expect(operation("/users", "GET")).toHaveProperty("x-ratelimit");
    expect(operation("/open", "GET").security).toBeUndefined();
  });
});

describe("a plugin of somebody else", () => {
  const config = {
    plugins: { odd: {} },
    services: {},
    routes: [{ path: "/users", service: "users", plugins: {} }],
    errors: { format: "problem" },
    listen: [{ limits: { "body-bytes": 1_024 } }],
  } as unknown as Parameters<typeof describeRoutes>[0];
  const merged = (describe?: () => PluginPolicy) => {
    const plugin: Plugin = definePlugin({
      name: "odd",
      description: "Does something.",
      options: Type.Object({}),
      ...(describe !== undefined && { describe }),
      setup: () => ({}),
    });
    const policies = describeRoutes(config, new Map([["odd", plugin]]));
    const options = { title: "", version: "", routes: config.routes, policyOf: policyOf(policies) };
    return { lines: policies.lines, operation: pathsOf(mergeDocuments([], options).document) };
  };
  const pathsOf = (document: JsonObject) =>
    (document.paths as Record<string, Record<string, JsonObject>>)["/users"]?.get;

  test("need not describe itself", () => {
    const { lines, operation } = merged();
    expect([lines, Object.keys(operation?.responses ?? {})]).toEqual([[], ["502", "503", "504", "default"]]);
  });

  test("that cannot describe itself is reported once, and nothing else is lost", () => {
    const { lines, operation } = merged(() => {
      throw new Error("it is odd");
    });
    const message = "the plugin odd cannot describe what it does for the route /users: it is odd";
    expect(lines).toEqual([{ kind: "note", service: "users", message }]);
    expect(Object.keys(operation?.responses ?? {})).toEqual(["502", "503", "504", "default"]);
  });

  test("is described as it says", () => {
    const { operation } = merged(() => ({ notes: ["It is odd."], extensions: { "x-odd": 1 } }));
    expect(operation).toMatchObject({ "x-odd": 1, description: expect.stringContaining("It is odd.") });
  });
});

test("the largest body is told, of several listeners each", async () => {
  const listen = (sizes: readonly string[]) =>
    `listen: [${sizes.map((size) => `{ host: 127.0.0.1, port: 0, limits: { body-bytes: ${size} } }`).join(", ")}]${yaml("")}`;
  const of = async (sizes: readonly string[]) =>
    (await testDocument(listen(sizes), inputs)).response("/users", "POST", 413).description;
  expect(await of(["1mb", "1mb"])).toContain("The body is larger than 1 MB.");
  expect(await of(["20mb", "1mb"])).toContain("The body is larger than 1 MB, at some ports 20 MB.");
});
