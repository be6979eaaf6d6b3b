import { describe, expect, test } from "bun:test";
import validate from "../../../plugins/validate/index.ts";
import { GatewayError, Reply } from "../../../src/plugin.ts";
import { type PluginTest, testPlugin } from "../../../src/testing.ts";
import { tempFolder } from "../../support/temp.ts";
import { DOCUMENT } from "./document.ts";
import { ask, driftOf, validator } from "./support.ts";

const results = (t: PluginTest, name: string) =>
  Object.fromEntries(
    ["valid", "invalid", "unchecked"].map((result) => [result, t.metrics.value(name, { route: "test", result }) ?? 0]),
  );
const THING = '{"name":"a","secret":"s"}';
const post = (body: string | ReadableStream<Uint8Array>, type = "application/json") => ({
  method: "POST",
  path: "/v1/things/1",
  headers: { "x-level": "low", "content-type": type },
  body,
});
const streamed = (text: string) => new Response(text).body as ReadableStream<Uint8Array>;

describe("requests that are reported", () => {
  test("pass whatever is wrong with them, and are counted and logged", async () => {
    const t = await validator({ requests: "report" });
    const seen: string[] = [];
    for (const request of [
      { path: "/v1/things/x" },
      { path: "/v1/search?rate=%" },
      post('{"name":'),
      post("{}", "text/html"),
      post(streamed('{"name":""}')),
      post(streamed("")),
    ]) {
      t.clock.advance(1_000);
      const { reply, logs } = await t.request(request, async (ctx) => {
        seen.push(await ctx.request.body.text(1_000));
        return Reply.text(200, "ok");
      });
      expect([request.path, reply.status, logs.length]).toEqual([request.path, 200, 1]);
    }
    expect(seen).toEqual(["", "", '{"name":', "{}", '{"name":""}', ""]);
    expect(results(t, "requests_total")).toEqual({ valid: 0, invalid: 6, unchecked: 0 });
    expect(t.logs[0]).toMatchObject({
      level: "warn",
      message: "a request is not as documented",
      fields: { route: "test", service: "test", operation: "GET /things/{id}", errors: ["path id: must be integer"] },
    });
    expect(t.logs.at(-1)?.fields.errors).toEqual(["a body is required"]);
  });

  test("are logged once a second at most", async () => {
    const t = await validator({ requests: "report" });
    for (let i = 0; i < 5; i++) await t.request({ path: "/v1/things/x" });
    expect(t.logs).toHaveLength(1);
    expect(results(t, "requests_total").invalid).toBe(5);
  });

  test("are valid or too large to tell", async () => {
    const t = await validator({ requests: "report", "max-body": "40b" });
    await t.request(post(THING));
    await t.request(post(streamed(THING)));
    await t.request(post(JSON.stringify({ name: "a".repeat(50) })));
    await t.request(post(streamed(JSON.stringify({ name: "a".repeat(50) }))));
    expect(results(t, "requests_total")).toEqual({ valid: 2, invalid: 0, unchecked: 2 });
    expect(t.logs).toEqual([]);
  });
});

describe("without a document", () => {
  test("all pass, also where the document says more than the gateway can", async () => {
    const t = await testPlugin(validate);
    expect((await t.request({ path: "/v1/things/x" })).reply.status).toBe(200);
    expect(results(t, "requests_total")).toEqual({ valid: 0, invalid: 0, unchecked: 1 });
    const schema = { type: "string", pattern: "(?=a)b(" };
    const broken = { type: "object", properties: { a: schema, b: { minimum: "x" } } };
    const own = await validator(
      {},
      {
        openapi: "3.1.0",
        info: { title: "a", version: "1" },
        paths: {
          "/a": {
            get: {
              parameters: [{ name: "q", in: "query", schema: { type: "string", pattern: "(?=a)b" } }],
              responses: {},
            },
            post: { requestBody: { content: { "application/json": { schema: broken } } }, responses: {} },
          },
        },
      },
    );
    expect((await own.request({ path: "/a?q=x" })).reply.status).toBe(200);
    const headers = { "content-type": "application/json" };
    expect((await own.request({ method: "POST", path: "/a", headers, body: '{"a":5}' })).reply.status).toBe(200);
    expect((await driftOf(own)).unchecked).toEqual([
      { service: "test", reason: expect.stringContaining("linear time") },
      { service: "test", reason: expect.stringContaining("no regular expression") },
      { service: "test", reason: expect.stringContaining("the application/json body of POST /a") },
    ]);
    expect(own.logs.map(({ message }) => message)).toEqual(Array(3).fill("a part of a document cannot be checked"));
  });
});

test("a schema that is nothing but itself is not checked", async () => {
  const self = { $ref: "#/components/schemas/Self" };
  const body = { content: { "application/json": { schema: self } } };
  const t = await validator(
    {},
    {
      openapi: "3.1.0",
      info: { title: "a", version: "1" },
      paths: { "/a": { post: { requestBody: body, responses: {} } } },
      components: { schemas: { Self: { allOf: [self] } } },
    },
  );
  const headers = { "content-type": "application/json" };
  expect((await t.request({ method: "POST", path: "/a", headers, body: "{}" })).reply.status).toBe(200);
  expect((await driftOf(t)).unchecked).toEqual([{ service: "test", reason: expect.stringContaining("POST /a") }]);
});

describe("a document of the options", () => {
  test("is read from a file, of any version, and goes before the gateway's", async () => {
    using folder = tempFolder();
    folder.write(
      "old.yaml",
      `swagger: "2.0"
info: { title: Old, version: "1" }
basePath: /old
paths:
  /a: { get: { parameters: [{ name: q, in: query, type: integer, required: true }], responses: { 200: { description: "costs \${PRICE}" } } } }
`,
    );
    const place = { directory: folder.path, document: DOCUMENT };
    const t = await testPlugin(validate, { document: "old.yaml" }, place);
    expect(await ask(t, { path: "/old/a" })).toMatchObject({ places: ["query q"] });
    expect(await ask(t, { path: "/a?q=1" })).toMatchObject({ outcome: "200" });
    expect(await ask(t, { path: "/v1/things/x" })).toMatchObject({ outcome: "200" });
  });

  test("may be in several files", async () => {
    using folder = tempFolder();
    const parameter = { name: "q", in: "query", schema: { $ref: "parts/q.yaml#/Q" } };
    const paths = { "/a": { get: { parameters: [parameter], responses: {} } } };
    folder.write("docs/api.json", JSON.stringify({ openapi: "3.0.3", info: {}, paths }));
    folder.write("docs/parts/q.yaml", "Q: { type: integer, minimum: 5, exclusiveMinimum: true }");
    const t = await testPlugin(validate, { document: "docs/api.json" }, { directory: folder.path });
    expect(await ask(t, { path: "/a?q=5" })).toMatchObject({ places: ["query q"] });
    expect(await ask(t, { path: "/a?q=6" })).toMatchObject({ outcome: "200" });
  });

  test.each([
    ["nowhere.yaml", undefined, "there is no such file"],
    ["a.yaml", "a: [", "a.yaml:1"],
    ["a.json", '{"a": 1', "a.json:1"],
    ["a.yaml", "a: 1", "a.yaml: this is no OpenAPI document"],
    ["a.yaml", "openapi: 3.1.0", "a.yaml: the document has no paths"],
  ])("%s with %p is refused", async (name, text, reason) => {
    using folder = tempFolder();
    if (text !== undefined) folder.write(name, text);
    await expect(testPlugin(validate, { document: name }, { directory: folder.path })).rejects.toThrow(reason);
  });
});

test.each([
  [{ requests: "off" }, "nothing is left to do"],
  [{ requests: "warn" }, "requests"],
  [{ sample: 0.1 }, "sample"],
  [{ "max-body": "many" }, "max-body"],
])("%j is refused", async (options, reason) => {
  await expect(validator(options)).rejects.toThrow(reason);
});

test("a route without a service needs no validator, and may not have one of its own", async () => {
  await expect(testPlugin(validate, {}, { service: undefined })).rejects.toThrow("no service");
  const t = await testPlugin(validate, {}, { service: undefined, site: "global" });
  expect(t.phases).toEqual({});
});

describe("replies", () => {
  const made = (body: unknown, headers: Record<string, string> = { location: "/things/1" }) =>
    typeof body === "string"
      ? new Response(body, { status: 201, headers: { "content-type": "application/json", ...headers } })
      : Reply.json(201, body, headers);
  const all = { requests: "off", responses: "report", sample: "100%" };

  test.each([
    ["as documented", made({ id: 1, name: "a" }), []],
    ["without what clients only write", made({ id: 1, name: "a", email: "a@example.com" }), []],
    ["with a wrong body", made({ id: "1", name: "a" }), ["/id: must be integer"]],
    ["without a header", made({ id: 1, name: "a" }, {}), ["header location: this header is required"]],
    [
      "with a wrong header",
      made({ id: 1, name: "a" }, { location: "x" }),
      ['header location: must match pattern "^/"'],
    ],
    [
      "of another type",
      Reply.text(201, "x"),
      ["header location: this header is required", "the body is not of type application/json"],
    ],
    ["with a stream that is wrong", made('{"id":1}'), ["/name: is required"]],
    ["with no JSON", made("{"), ["The body is not valid JSON"]],
  ])("%s", async (_, reply, errors) => {
    const t = await validator(all);
    const sent = await t.request(post(THING), () => reply);
    expect(sent.reply.status).toBe(201);
    const [line] = t.logs;
    expect(line?.fields.errors ?? []).toEqual(errors);
    if (errors.length > 0)
      expect(line).toMatchObject({
        message: "a reply is not as documented",
        fields: { operation: "POST /things/{id} 201" },
      });
    expect(results(t, "responses_total")).toEqual({
      valid: errors.length === 0 ? 1 : 0,
      invalid: errors.length === 0 ? 0 : 1,
      unchecked: 0,
    });
  });

  test("that are compressed or too large cannot be told of, and pass as they are", async () => {
    const t = await validator({ ...all, "max-body": "100b" });
    const large = JSON.stringify({ id: 1, name: "a".repeat(200) });
    for (const reply of [
      made(Bun.gzipSync(large).toString(), { location: "/", "content-encoding": "gzip" }),
      made(JSON.parse(large)),
      made(large),
    ]) {
      expect((await t.request(post(THING), () => reply)).reply.body.length).toBeGreaterThan(20);
    }
    expect(results(t, "responses_total")).toEqual({ valid: 0, invalid: 0, unchecked: 3 });
  });

  test("are drawn by lot", async () => {
    const t = await validator({ ...all, sample: "20%" });
    for (let i = 0; i < 500; i++) await t.request(post(THING), () => made({ id: 1, name: "a" }));
    const { valid } = results(t, "responses_total");
    expect(valid).toBeGreaterThan(50);
    expect(valid).toBeLessThan(170);
  });

  test("of the gateway itself are no matter of the document", async () => {
    const t = await validator({ responses: "report", sample: "100%" });
    expect((await t.request({ path: "/v1/things/x" })).reply.status).toBe(422);
    for (const isError of [true, false]) {
      const ctx = t.context({ path: "/v1/nothing" });
      await t.phases.limit?.(ctx);
      // Another plugin has answered, or the reply of the service was given up.
      if (isError) {
        ctx.upstreamRepliedAt = 1;
        ctx.error = new GatewayError("overloaded");
      }
      await t.phases.response?.(ctx, new Reply(200));
    }
    expect(await driftOf(t)).toMatchObject({ drift: [], others: 0 });
  });
});
