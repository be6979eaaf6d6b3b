import { describe, expect, test } from "bun:test";
import cors from "../../../plugins/cors/index.ts";
import { GatewayError, Reply } from "../../../src/plugin.ts";
import { type TestRequest, testPlugin } from "../../../src/testing.ts";

const APP = "https://app.example.com";

/** Field lines about CORS that the client gets, and Vary, sorted. */
async function told(options: Record<string, unknown>, request: TestRequest, reply = Reply.text(200, "ok")) {
  const t = await testPlugin(cors, { origins: [APP], ...options });
  const result = await t.request(request, () => reply);
  const lines = [...result.reply.headers].filter(([name]) => name.startsWith("access-control-") || name === "vary");
  return lines.map(([name, value]) => `${name.replace("access-control-", "")}: ${value}`).sort();
}

/** A preflight as a browser sends it. */
function preflight(method: string, more: Record<string, string> = {}): TestRequest {
  return { method: "OPTIONS", headers: { origin: APP, "access-control-request-method": method, ...more } };
}

describe("a request", () => {
  test("of an allowed origin is told so, by its name", async () => {
    expect(await told({}, { headers: { origin: APP } })).toEqual([`allow-origin: ${APP}`, "vary: origin"]);
  });

  test("with credentials, and headers to be read", async () => {
    const options = { credentials: true, "exposed-headers": ["x-request-id", "ETag"] };
    expect(await told(options, { method: "POST", headers: { origin: APP } })).toEqual([
      "allow-credentials: true",
      `allow-origin: ${APP}`,
      "expose-headers: x-request-id, ETag",
      "vary: origin",
    ]);
  });

  test("of another origin goes on, and is told nothing", async () => {
    const t = await testPlugin(cors, { origins: [APP], credentials: true });
    const { reply, outcome } = await t.request({ headers: { origin: "https://evil.example" } });
    expect(outcome).toMatchObject({ status: 200, attempts: 1 });
    expect(reply.headers.flat.filter((text) => text.startsWith("access-control-"))).toEqual([]);
    expect(reply.headers.get("vary")).toBe("origin");
  });

  test("without an origin is told nothing: a cache must know that others are", async () => {
    expect(await told({}, {})).toEqual(["vary: origin"]);
    expect(await told({ origins: ["*"] }, {})).toEqual([]);
  });

  test("any origin is allowed by *, without its name and without Vary", async () => {
    expect(await told({ origins: ["*"] }, { headers: { origin: "https://any.example" } })).toEqual(["allow-origin: *"]);
  });

  test("with two Origin lines is of no origin", async () => {
    const headers: [string, string][] = [
      ["origin", APP],
      ["origin", APP],
    ];
    expect(await told({}, { headers })).toEqual(["vary: origin"]);
  });

  test("what the service says of CORS is replaced, whatever it is", async () => {
    const reply = Reply.text(200, "ok");
    reply.headers.append("access-control-allow-origin", "*");
    reply.headers.append("access-control-allow-origin", APP);
    reply.headers.append("access-control-allow-credentials", "true");
    reply.headers.append("access-control-allow-methods", "PURGE");
    reply.headers.append("access-control-max-age", "86400");
    reply.headers.append("access-control-expose-headers", "*");
    expect(await told({}, { headers: { origin: APP } }, reply)).toEqual([`allow-origin: ${APP}`, "vary: origin"]);
  });

  test("what the service allows another origin is taken away", async () => {
    const reply = Reply.text(200, "ok");
    reply.headers.append("access-control-allow-origin", "https://evil.example");
    expect(await told({}, { headers: { origin: "https://evil.example" } }, reply)).toEqual(["vary: origin"]);
  });

  test.each([
    ["accept-encoding", "accept-encoding, origin"],
    ["Accept, Origin", "Accept, Origin"],
    ["ORIGIN ,accept", "ORIGIN ,accept"],
    ["*", "*"],
    ["", "origin"],
    ["x-origin", "x-origin, origin"],
  ])("Vary %j becomes %j", async (before, after) => {
    const reply = Reply.text(200, "ok");
    reply.headers.set("vary", before);
    expect(await told({}, {}, reply)).toEqual([`vary: ${after}`]);
  });

  test("Vary in several lines is one line afterwards, if it is not complete", async () => {
    const reply = Reply.text(200, "ok");
    reply.headers.append("vary", "accept");
    reply.headers.append("vary", "cookie");
    expect(await told({}, {}, reply)).toEqual(["vary: accept, cookie, origin"]);
  });

  test("that fails is told the same, so that a script can read why", async () => {
    const t = await testPlugin(cors, { origins: [APP] });
    const fail = () => {
      throw new GatewayError("upstream_reset");
    };
    const { reply } = await t.request({ headers: { origin: APP } }, fail);
    expect([reply.status, reply.headers.getAll("access-control-allow-origin")]).toEqual([502, [APP]]);
  });
});

describe("a preflight", () => {
  const VARY = "vary: origin, access-control-request-method, access-control-request-headers";

  test("is answered 204, without the service and without a body", async () => {
    const t = await testPlugin(cors, { origins: [APP] });
    const { reply, outcome } = await t.request(preflight("PUT"));
    expect(outcome).toMatchObject({ status: 204, attempts: 0, bytesOut: 0 });
    expect(reply.headers.get("access-control-allow-origin")).toBe(APP);
  });

  test("is told methods, the headers it asked for, and how long to remember", async () => {
    const options = { methods: ["GET", "PUT"], credentials: true, "max-age": "1500ms", "exposed-headers": ["etag"] };
    const request = preflight("PUT", { "access-control-request-headers": "Content-Type,authorization, x-a ,,b c,x-a" });
    expect(await told(options, request)).toEqual([
      "allow-credentials: true",
      "allow-headers: content-type, authorization, x-a",
      "allow-methods: GET, PUT",
      `allow-origin: ${APP}`,
      "max-age: 1",
      VARY,
    ]);
  });

  test("of a list of headers those it asked for are told, in any case", async () => {
    const request = preflight("GET", { "access-control-request-headers": "content-type, x-secret" });
    expect(await told({ headers: ["Content-Type", "x-other"] }, request)).toContain("allow-headers: content-type");
    const none = await told({ headers: ["x-other"] }, request);
    expect(none.filter((line) => line.startsWith("allow-headers"))).toEqual([]);
  });

  test("of another origin is answered as well, and allowed nothing", async () => {
    expect(await told({}, preflight("PUT", { origin: "https://evil.example" }))).toEqual([VARY]);
  });

  test("of a page without an origin never reaches the service either", async () => {
    const t = await testPlugin(cors, { origins: [APP] });
    const { outcome } = await t.request(preflight("DELETE", { origin: "null" }));
    expect(outcome).toMatchObject({ status: 204, attempts: 0 });
  });

  test("asks for a private network, and gets it only where that is allowed", async () => {
    const request = preflight("GET", { "access-control-request-private-network": "true" });
    const line = "allow-private-network: true";
    expect(await told({}, request)).not.toContain(line);
    const lines = await told({ "private-network": true }, request);
    expect(lines).toContain(line);
    expect(lines).toContain(`${VARY}, access-control-request-private-network`);
    expect(await told({ "private-network": true }, preflight("GET"))).not.toContain(line);
  });

  test.each([
    ["without Origin", { "access-control-request-method": "PUT" }],
    ["without a method to ask about", { origin: APP }],
  ])("OPTIONS %s is none: it goes to the service", async (_, headers) => {
    const t = await testPlugin(cors, { origins: [APP] });
    expect((await t.request({ method: "OPTIONS", headers })).outcome.attempts).toBe(1);
  });

  test("a GET with a preflight's headers is none", async () => {
    const t = await testPlugin(cors, { origins: [APP] });
    const { outcome } = await t.request({ ...preflight("PUT"), method: "GET" });
    expect(outcome.attempts).toBe(1);
  });
});

describe("block", () => {
  async function statusOf(request: TestRequest, origins = [APP]): Promise<number> {
    const t = await testPlugin(cors, { origins, block: true });
    return (await t.request(request)).reply.status;
  }

  test("refuses other origins, their preflights too", async () => {
    const t = await testPlugin(cors, { origins: [APP], block: true });
    const { reply, outcome } = await t.request({ headers: { origin: "https://evil.example" } });
    expect(outcome).toMatchObject({ status: 403, errorCode: "forbidden", attempts: 0 });
    expect(reply.headers.has("access-control-allow-origin")).toBe(false);
    expect(reply.headers.get("vary")).toBe("origin");
    expect(await statusOf(preflight("PUT", { origin: "null" }))).toBe(403);
  });

  test("lets allowed origins pass, and requests without one", async () => {
    expect(await statusOf({ headers: { origin: APP } })).toBe(200);
    expect(await statusOf({})).toBe(200);
    expect(await statusOf({ headers: { origin: "https://any.example" } }, ["*"])).toBe(200);
  });

  test.each([
    ["http", "gateway.test", "http://gateway.test", 200],
    ["http", "gateway.test:80", "http://gateway.test", 200],
    ["http", "gateway.test:8080", "http://gateway.test:8080", 200],
    ["https", "gateway.test:443", "https://gateway.test", 200],
    ["https", "gateway.test", "http://gateway.test", 403],
    ["http", "gateway.test", "http://gateway.test:8080", 403],
    ["http", "gateway.test:443", "http://gateway.test", 403],
  ] as const)("over %s at %s the page %s gets %i", async (scheme, host, origin, status) => {
    expect(await statusOf({ scheme, host, method: "POST", headers: { origin } })).toBe(status);
  });
});

describe("what is refused at load", () => {
  test.each(["*", "null"])("an origin that every page can have, with credentials: %p", async (origin) => {
    const refused = testPlugin(cors, { origins: [APP, origin], credentials: true });
    await expect(refused).rejects.toThrow(`origins: ${origin} would let any page act with its visitors' cookies`);
  });

  test("every header exposed, with credentials", async () => {
    const refused = testPlugin(cors, { origins: [APP], credentials: true, "exposed-headers": ["*"] });
    await expect(refused).rejects.toThrow("exposed-headers: with credentials browsers take * for a header's name");
  });

  test.each([
    [{}, 'the key "origins" is missing'],
    [{ origins: [] }, "origins: expected a list of at least 1"],
    [{ origins: [APP], methods: ["get"] }, "methods[0]: expected a method in capitals"],
    [{ origins: [APP], headers: ["x a"] }, "headers[0]: expected the name of a header"],
    [{ origins: [APP], "exposed-headers": ["a, b"] }, "exposed-headers[0]: expected the name of a header"],
    [{ origins: [APP], "max-age": 600 }, "max-age: expected a duration"],
  ])("%j", async (options, message) => {
    await expect(testPlugin(cors, options)).rejects.toThrow(message);
  });
});
