import { describe, expect, test } from "bun:test";
import mock from "../../../plugins/mock/index.ts";
import { type ErrorCode, GatewayError, type JsonObject, Reply } from "../../../src/plugin.ts";
import { decodeOptions } from "../../../src/testing/options.ts";
import { type PluginTest, type TestRequest, testPlugin } from "../../../src/testing.ts";
import { tempFolder } from "../../support/temp.ts";

const ada = { id: 1, name: "Ada" };
const User = {
  type: "object",
  required: ["id"],
  properties: { id: { type: "integer" }, name: { type: "string" } },
} as const;
const DOCUMENT: JsonObject = {
  openapi: "3.1.0",
  info: { title: "Users", version: "1" },
  paths: {
    "/users": {
      get: {
        responses: {
          default: { description: "no", content: { "application/problem+json": { example: { status: 500 } } } },
          "404": { description: "none", content: { "application/problem+json": { example: { status: 404 } } } },
          "200": {
            description: "all",
            headers: {
              "X-Total": { schema: { type: "integer", example: 7 } },
              Connection: { schema: { type: "string" } },
            },
            content: {
              "text/csv": { example: "id,name\n1,Ada\n" },
              "application/json": {
                examples: {
                  one: { $ref: "#/components/examples/One" },
                  none: { value: [] },
                },
              },
            },
          },
        },
      },
      post: {
        responses: {
          "4XX": { description: "no" },
          "201": { description: "made", content: { "application/json": { schema: User } } },
        },
      },
      delete: { responses: { "204": { description: "gone", content: { "application/json": { example: 1 } } } } },
      patch: { responses: {} },
    },
    "/pages/{id}": {
      get: { responses: { "2XX": { description: "ok", content: { "text/html": { schema: { type: "string" } } } } } },
    },
  },
  components: { examples: { One: { value: [ada] } } },
};

const always = (document: JsonObject | undefined = DOCUMENT) =>
  testPlugin(mock, { when: "always" }, document === undefined ? {} : { document });

async function ask(t: PluginTest, request: TestRequest, upstream = () => Reply.text(200, "the service")) {
  const { reply, ctx } = await t.request(request, upstream);
  const text = await reply.body.text(1_000_000);
  return {
    status: reply.status,
    text,
    type: reply.headers.get("content-type"),
    headers: reply.headers,
    attempts: ctx.attempts,
  };
}

describe("always", () => {
  test("answers with the example of the first success, and asks no service", async () => {
    const t = await always();
    const { headers, ...answer } = await ask(t, { path: "/users" });
    expect(answer).toEqual({ status: 200, text: JSON.stringify([ada]), type: "application/json", attempts: 0 });
    expect([headers.get("x-mock"), headers.get("x-total"), headers.has("connection")]).toEqual(["always", "7", false]);
    expect(headers.has("preference-applied")).toBe(false);
    expect(t.metrics.value("answered_total", { route: "test" })).toBe(1);
  });

  test("makes a value where there is no example", async () => {
    const t = await always();
    expect(await ask(t, { method: "POST", path: "/users" })).toMatchObject({
      status: 201,
      text: '{"id":1,"name":"name"}',
    });
    expect(await ask(t, { path: "/pages/7" })).toMatchObject({ status: 200, type: "text/html", text: "value" });
    expect(await ask(t, { method: "PATCH", path: "/users" })).toMatchObject({ status: 200, text: "", type: undefined });
    expect(await ask(t, { method: "DELETE", path: "/users" })).toMatchObject({ status: 204, text: "" });
  });

  test.each([
    ["code=404", 404, '{"status":404}', "code=404"],
    ["code=503", 503, '{"status":500}', "code=503"],
    ["example=none", 200, "[]", 'example="none"'],
    ['example="one", code=200', 200, JSON.stringify([ada]), 'code=200, example="one"'],
    ["respond-async; code=404", 404, '{"status":404}', "code=404"],
    ["code=404, code=503", 404, '{"status":404}', "code=404"],
    ["example=missing", 200, JSON.stringify([ada]), undefined],
    ["example=constructor", 200, JSON.stringify([ada]), undefined],
    ["code=100", 200, JSON.stringify([ada]), undefined],
    ["code=abc", 200, JSON.stringify([ada]), undefined],
    ["nonsense", 200, JSON.stringify([ada]), undefined],
  ])("Prefer: %s is answered with %d", async (prefer, status, text, applied) => {
    const { headers, ...answer } = await ask(await always(), { path: "/users", headers: { prefer } });
    expect(answer).toMatchObject({ status, text });
    expect(headers.get("preference-applied")).toBe(applied as string);
  });

  test("a preference that the document does not have is not applied", async () => {
    const t = await always();
    const { status, headers } = await ask(t, { method: "DELETE", path: "/users", headers: { prefer: "code=404" } });
    expect([status, headers.has("preference-applied")]).toEqual([204, false]);
    expect(await ask(t, { method: "POST", path: "/users", headers: { prefer: "code=418" } })).toMatchObject({
      status: 418,
    });
  });

  test.each([
    ["text/csv", "text/csv"],
    ["text/*;q=0.5", "text/csv"],
    ["application/json, text/csv", "application/json"],
    ["*/*", "application/json"],
    ["application/json;q=0, */*", "application/json"],
    ["image/png", "application/json"],
  ])("Accept: %s is answered with %s", async (accept, type) => {
    expect(await ask(await always(), { path: "/users", headers: { accept } })).toMatchObject({ status: 200, type });
  });

  test("what the document does not have is 404 or 405, and nothing without a document", async () => {
    const t = await always();
    expect(await ask(t, { path: "/nothing" })).toMatchObject({ status: 404 });
    const other = await ask(t, { method: "PUT", path: "/users" });
    expect([other.status, other.headers.get("allow")]).toEqual([405, "GET, POST, DELETE, PATCH"]);
    expect(await ask(await testPlugin(mock, { when: "always" }), { path: "/users" })).toMatchObject({ status: 503 });
  });

  test("nothing is said of the body that is not so, and nobody's prototype is an example", async () => {
    const header = (example: string) => ({ schema: { type: "string" }, example });
    const headers = {
      "Content-Encoding": header("gzip"),
      "Content-Range": header("bytes 0-1/2"),
      "X-Own": header("a"),
    };
    const content = { "application/json": { schema: { const: 1 }, examples: { one: { value: 2 } } } };
    const responses = { 200: { description: "", headers, content } };
    const t = await always({ openapi: "3.1.0", paths: { "/a": { get: { responses } } } });
    const answer = await ask(t, { path: "/a", headers: { prefer: "example=__proto__" } });
    expect([answer.status, answer.text]).toEqual([200, "2"]);
    expect([...answer.headers].map(([name]) => name).sort()).toEqual(["content-type", "x-mock", "x-own"]);
  });

  test("one client's reply is not changed by what is done to another's", async () => {
    const t = await always();
    const first = await t.request({ path: "/users" });
    first.reply.headers.set("x-total", "changed");
    expect((await ask(t, { path: "/users" })).headers.get("x-total")).toBe("7");
  });
});

describe("down", () => {
  const fails =
    (code: ErrorCode, bytesSent = false) =>
    () => {
      throw new GatewayError(code, { bytesSent });
    };

  test("the service answers while it does", async () => {
    const t = await testPlugin(mock, {}, { document: DOCUMENT });
    const { text, headers } = await ask(t, { path: "/users" });
    expect([text, headers.has("x-mock")]).toEqual(["the service", false]);
    expect(await ask(t, { path: "/users" }, () => Reply.text(503, "busy"))).toMatchObject({
      status: 503,
      text: "busy",
    });
  });

  test.each(["upstream_connect", "no_target_available", "circuit_open"] as const)(
    "after %s the document does",
    async (code) => {
      const t = await testPlugin(mock, {}, { document: DOCUMENT });
      const { status, text, headers } = await ask(t, { path: "/users" }, fails(code));
      expect([status, text, headers.get("x-mock")]).toEqual([200, JSON.stringify([ada]), "down"]);
    },
  );

  test.each([
    ["upstream_reset", false, 502],
    ["upstream_timeout", true, 504],
    ["upstream_connect", true, 502],
    ["rate_limited", false, 429],
  ] as const)("%s (sent: %p) stays an error", async (code, bytesSent, status) => {
    const t = await testPlugin(mock, {}, { document: DOCUMENT });
    expect(await ask(t, { path: "/users" }, fails(code, bytesSent))).toMatchObject({ status });
  });

  test("what is not documented stays an error", async () => {
    const t = await testPlugin(mock, {}, { document: DOCUMENT });
    expect(await ask(t, { path: "/nothing" }, fails("upstream_connect"))).toMatchObject({ status: 502 });
    expect(await ask(await testPlugin(mock), { path: "/users" }, fails("upstream_connect"))).toMatchObject({
      status: 502,
    });
  });
});

test("a route without a service needs a document of its own", async () => {
  using folder = tempFolder();
  folder.write("a.json", JSON.stringify(DOCUMENT));
  const place = { directory: folder.path, service: undefined };
  const t = await testPlugin(mock, { when: "always", document: "a.json" }, place);
  expect(await ask(t, { path: "/users" })).toMatchObject({ status: 200 });
  await expect(testPlugin(mock, { when: "always" }, place)).rejects.toThrow("a document");
  await expect(testPlugin(mock, { document: "a.json" }, place)).rejects.toThrow("when: always");
  await expect(testPlugin(mock, { when: "never" }, { document: DOCUMENT })).rejects.toThrow("when");
  expect((await testPlugin(mock, {}, { service: undefined, site: "global" })).phases).toEqual({});
});

test("the document of the gateway tells that examples are none of the service's answers", () => {
  const place = { route: { name: "a", path: "/a" }, service: "a", hasBody: false };
  const describeIt = (options: Readonly<Record<string, unknown>>) =>
    mock.describe?.(decodeOptions(mock, options, "/"), place);
  expect(describeIt({})).toEqual({ notes: [expect.stringContaining("While the service cannot be reached")] });
  expect(describeIt({ when: "always" })).toMatchObject({
    refusals: [{ code: "no_target_available" }],
    notes: [expect.stringContaining("no service is asked")],
  });
});
