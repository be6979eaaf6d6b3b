import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import introspection from "../../../plugins/oauth2-introspection/index.ts";
import { testPlugin } from "../../../src/testing.ts";
import { startIntrospection } from "../../support/introspection.ts";
import { closes, hangs } from "../../support/scripts.ts";
import { startUpstream } from "../../support/upstream.ts";

const server = startIntrospection();
afterAll(() => server.stop());

const OPTIONS = { endpoint: server.url, "client-id": "gate way", "client-secret": "s:e/c+r%et" };
const NOW = Date.UTC(2030, 0, 1);
const inSeconds = (seconds: number) => NOW / 1_000 + seconds;

beforeEach(() => {
  server.answer = undefined;
  server.tokens.clear();
  server.tokens.set("good", {
    active: true,
    sub: "ada",
    client_id: "shop",
    scope: "orders:read users:read",
    exp: inSeconds(600),
  });
});

const open = (options: Readonly<Record<string, unknown>> = {}) => testPlugin(introspection, { ...OPTIONS, ...options });
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const asked = () => server.questions.length;

describe("a token", () => {
  test("that is active lets its request through", async () => {
    const t = await open({ "forward-claims": { sub: "x-user-id", client_id: "x-client" } });
    const spoofed = { "x-user-id": "root", x_user_id: "root", "X-Client": "root" };
    const { reply, ctx } = await t.request({ headers: { ...bearer("good").headers, ...spoofed } });
    expect(reply.status).toBe(200);
    expect(ctx.principal).toMatchObject({
      id: "ada",
      source: "oauth2-introspection",
      scopes: ["orders:read", "users:read"],
    });
    expect([...ctx.request.headers]).toEqual([
      ["authorization", "Bearer good"],
      ["host", "gateway.test"],
      ["x-user-id", "ada"],
      ["x-client", "shop"],
    ]);
  });

  test("is asked about with the client's credentials, encoded as RFC 6749 says", async () => {
    const t = await open();
    await t.request(bearer("good"));
    expect(server.questions.at(-1)).toEqual({
      authorization: `Basic ${btoa("gate+way:s%3Ae%2Fc%2Br%25et")}`,
      form: { token: "good", token_type_hint: "access_token" },
    });
    const post = await open({ "client-auth": "post" });
    await post.request(bearer("good"));
    expect(server.questions.at(-1)).toEqual({
      authorization: null,
      form: { token: "good", token_type_hint: "access_token", client_id: "gate way", client_secret: "s:e/c+r%et" },
    });
  });

  test("of a client that calls for itself is not taken for that of a user", async () => {
    const t = await open();
    server.tokens.set("machine", { active: true, client_id: "ada" });
    expect((await t.request(bearer("machine"))).ctx.principal?.id).toBe("client:ada");
  });

  test.each([
    ["unknown", { active: false }],
    ["expired", { active: true, sub: "ada", exp: inSeconds(-1) }],
    ["expiring now", { active: true, sub: "ada", exp: inSeconds(0) }],
    ["not valid yet", { active: true, sub: "ada", nbf: inSeconds(1) }],
    ["of another issuer", { active: true, sub: "ada", iss: "https://other", aud: "shop" }],
    ["for somebody else", { active: true, sub: "ada", iss: "https://id", aud: ["bank", "shop2"] }],
    ["for nobody in particular", { active: true, sub: "ada", iss: "https://id" }],
  ])("%s is refused", async (_, answer) => {
    const t = await open({ issuer: "https://id", audience: "shop" });
    server.tokens.set("it", answer);
    const { reply, ctx } = await t.request(bearer("it"));
    expect(reply.status).toBe(401);
    expect(reply.headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(ctx.principal).toBeUndefined();
  });

  test.each([["shop"], [["bank", "shop"]]])("for the audience %j is taken", async (aud) => {
    const t = await open({ issuer: "https://id", audience: "shop" });
    server.tokens.set("it", { active: true, sub: "ada", iss: "https://id", aud });
    expect((await t.request(bearer("it"))).reply.status).toBe(200);
  });

  test.each([
    ["a megabyte", "a".repeat(1_048_576)],
    ["a form's separator", "good&token=x"],
    ["a blank", "go od"],
    ["nothing", ""],
    ["a quote", 'good"'],
  ])("with %s is refused without asking", async (_, token) => {
    const t = await open();
    const before = asked();
    expect((await t.request({ headers: { authorization: `Bearer ${token}`.trim() } })).reply.status).toBe(401);
    expect(asked()).toBe(before);
  });

  test("twice is malformed", async () => {
    const t = await open({ query: "access_token", header: "authorization" });
    const two = {
      headers: [
        ["authorization", "Bearer good"],
        ["authorization", "Bearer bad"],
      ] as const,
    };
    expect((await t.request(two)).reply.status).toBe(400);
    expect((await t.request({ path: "/?access_token=good", ...bearer("good") })).reply.status).toBe(400);
  });

  test("needs the scopes of the route", async () => {
    const t = await open({ scopes: ["orders:read", "orders:write"] });
    const { reply } = await t.request(bearer("good"));
    expect(reply.status).toBe(403);
    expect(reply.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
    expect(reply.headers.get("www-authenticate")).toContain('scope="orders:read orders:write"');
  });

  test("is needed, unless it is optional; the headers of claims are nobody's else", async () => {
    const t = await open();
    const { reply } = await t.request();
    expect([reply.status, reply.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="gateway"']);
    const optional = await open({ optional: true, "forward-claims": { sub: "x-user-id" } });
    const without = await optional.request({ headers: { "x-user-id": "root", X_User_Id: "root" } });
    expect([...without.ctx.request.headers]).toEqual([["host", "gateway.test"]]);
    expect((await optional.request(bearer("bad"))).reply.status).toBe(401);
  });

  test("is removed where that is wanted", async () => {
    const t = await open({ "forward-credentials": false });
    const { ctx } = await t.request(bearer("good"));
    expect(ctx.request.headers.has("authorization")).toBe(false);
  });

  test.each([["a\r\nx-admin: 1"], ["a\0b"], [" a"]])("with a claim that is no header (%j) is refused", async (sub) => {
    const t = await open({ "forward-claims": { sub: "x-user-id" } });
    server.tokens.set("it", { active: true, sub });
    const { reply, ctx } = await t.request(bearer("it"));
    expect([reply.status, ctx.principal]).toEqual([401, undefined]);
  });
});

describe("an answer", () => {
  test("is believed for the time that is told; nothing waits then", async () => {
    const t = await open({ cache: "1m" });
    const before = asked();
    await t.request(bearer("good"));
    t.clock.advance(59_999);
    expect(t.phases.authenticate?.(t.context(bearer("good")))).toBeUndefined();
    t.clock.advance(1);
    await t.request(bearer("good"));
    expect(asked()).toBe(before + 2);
  });

  test("is believed no longer than the token lives", async () => {
    const t = await open({ cache: "1h" });
    server.tokens.set("short", { active: true, sub: "ada", exp: inSeconds(2) });
    expect((await t.request(bearer("short"))).reply.status).toBe(200);
    t.clock.advance(1_999);
    expect((await t.request(bearer("short"))).reply.status).toBe(200);
    t.clock.advance(1);
    expect((await t.request(bearer("short"))).reply.status).toBe(401);
  });

  test("that a token is not active is believed for a short time", async () => {
    const t = await open({ "negative-cache": "10s" });
    const before = asked();
    for (let i = 0; i < 3; i++) expect((await t.request(bearer("late"))).reply.status).toBe(401);
    expect(asked()).toBe(before + 1);
    server.tokens.set("late", { active: true, sub: "ada" });
    t.clock.advance(10_000);
    expect((await t.request(bearer("late"))).reply.status).toBe(200);
  });

  test("is asked for once by requests that come together", async () => {
    const t = await open();
    const before = asked();
    const all = await Promise.all(Array.from({ length: 50 }, () => t.request(bearer("good"))));
    expect(all.map(({ reply }) => reply.status)).toEqual(Array(50).fill(200));
    expect(asked()).toBe(before + 1);
  });

  test("is not mixed up with that of another endpoint or client", async () => {
    const t = await open();
    expect((await t.request(bearer("good"))).reply.status).toBe(200);
    const before = asked();
    const other = await t.again({ ...OPTIONS, "client-id": "other" });
    await other.request(bearer("good"));
    expect(asked()).toBe(before + 1);
  });
});

describe("an endpoint that", () => {
  test.each([
    ["answers 401", () => Response.json({ active: true, sub: "ada" }, { status: 401 })],
    ["answers 500", () => Response.json({ active: true, sub: "ada" }, { status: 500 })],
    ["sends elsewhere", () => Response.redirect(server.url, 307)],
    ["sends no JSON", () => new Response("active")],
    ["sends a list", () => Response.json([{ active: true }])],
    ["has no active", () => Response.json({ sub: "ada" })],
    ["has a text for active", () => Response.json({ active: "true", sub: "ada" })],
    ["has a text for exp", () => Response.json({ active: true, sub: "ada", exp: "9999999999" })],
    ["names nobody", () => Response.json({ active: true })],
    ["sends too much", () => Response.json({ active: true, sub: "ada", x: "x".repeat(70_000) })],
    [
      "sends what is packed",
      () =>
        new Response(Bun.gzipSync(JSON.stringify({ active: true, sub: "ada" })), {
          headers: { "content-encoding": "gzip" },
        }),
    ],
  ])("%s lets nobody in: 503, and nothing is remembered", async (_, answer) => {
    const t = await open();
    server.answer = answer;
    const { reply, outcome, logs } = await t.request(bearer("good"));
    expect([reply.status, outcome.errorCode]).toEqual([503, "identity_unavailable"]);
    expect(logs).toHaveLength(1);
    expect(JSON.stringify(logs)).not.toContain("good");
    server.answer = undefined;
    expect((await t.request(bearer("good"))).reply.status).toBe(200);
  });

  test("hangs is given the time that is told", async () => {
    using hanging = startUpstream(hangs());
    const t = await open({ endpoint: hanging.url, timeout: "50ms" });
    const { outcome, logs } = await t.request(bearer("good"));
    expect(outcome.errorCode).toBe("identity_unavailable");
    expect(outcome.durationMs).toBeLessThan(15_000);
    expect(String(logs[0]?.fields.error)).toContain("no answer within 50 ms");
    await hanging.waitForClosed();
  });

  test("is away, or closes, is 503; the log has one warning for a flood", async () => {
    using closing = startUpstream(closes());
    const t = await open({ endpoint: closing.url });
    for (let i = 0; i < 3; i++)
      expect((await t.request(bearer(`t${i}`))).outcome.errorCode).toBe("identity_unavailable");
    closing.stop();
    expect((await t.request(bearer("good"))).outcome.errorCode).toBe("identity_unavailable");
    expect(t.logs).toHaveLength(1);
  });

  test("is slow under many tokens is asked 100 at a time, 100 wait, more are refused", async () => {
    const held = Promise.withResolvers<void>();
    const t = await open({ timeout: "20s" });
    const before = asked();
    server.answer = () => held.promise.then(() => Response.json({ active: true, sub: "ada" }));
    const all = Array.from({ length: 250 }, (_, i) => t.request(bearer(`many${i}`)));
    await server.waitForQuestions(before + 100);
    const refused = await Promise.all(all.slice(200));
    expect(refused.map(({ outcome }) => outcome.errorCode)).toEqual(Array(50).fill("overloaded"));
    held.resolve();
    const statuses = (await Promise.all(all)).map(({ reply }) => reply.status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(200);
  });
});

test("mistakes in the options are told", async () => {
  await expect(open({ endpoint: "id.example.com" })).rejects.toThrow("endpoint: expected a URL that begins with http");
  await expect(open({ endpoint: "https://a:b@id" })).rejects.toThrow("endpoint: a URL may have no user");
  await expect(open({ cache: "2h" })).rejects.toThrow("expected at most 1h");
  await expect(open({ "client-secret": "" })).rejects.toThrow("client-secret: expected text that is not empty");
});
