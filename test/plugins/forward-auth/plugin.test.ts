import { describe, expect, test } from "bun:test";
import forwardAuth from "../../../plugins/forward-auth/index.ts";
import { testPlugin } from "../../../src/testing.ts";
import { closes, closesAfter, hangs, replies, response } from "../../support/scripts.ts";
import { type Script, startUpstream } from "../../support/upstream.ts";

const yes = (headers: readonly (readonly [string, string])[] = []) => replies(response("", { headers }));
const no = (status: number, body = "", headers: readonly (readonly [string, string])[] = []) =>
  replies(response(body, { status, reason: "No", headers }));

/** The plugin before a service that decides by this script. */
async function open(script: Script, options: Readonly<Record<string, unknown>> = {}) {
  const auth = startUpstream(script);
  const t = await testPlugin(forwardAuth, { url: `${auth.url}/check?x=1`, ...options });
  return { t, auth, [Symbol.dispose]: () => auth.stop() };
}

describe("the question", () => {
  test("tells method, host, path, client and the chosen headers; what the client says of these is not believed", async () => {
    using it = await open(yes(), { "request-headers": ["authorization", "cookie", "x-tenant"] });
    const { t, auth } = it;
    await t.request({
      method: "DELETE",
      scheme: "https",
      path: "/orders/%2f1?a=b%20c",
      host: "shop.example.com",
      peer: { address: "192.0.2.9" },
      body: "not for it",
      headers: [
        ["authorization", "Bearer x"],
        ["cookie", "a=1"],
        ["cookie", "b=2"],
        ["x-tenant", "acme"],
        ["x-forwarded-method", "GET"],
        ["x-forwarded-uri", "/public"],
        ["x-other", "1"],
      ],
    });
    const [question] = auth.requests;
    expect(question).toMatchObject({ method: "GET", target: "/check?x=1" });
    const header = (name: string) =>
      question?.headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
    expect(header("x-forwarded-method")).toEqual(["DELETE"]);
    expect(header("x-forwarded-proto")).toEqual(["https"]);
    expect(header("x-forwarded-host")).toEqual(["shop.example.com"]);
    expect(header("x-forwarded-uri")).toEqual(["/orders/%2f1?a=b%20c"]);
    expect(header("x-forwarded-for")).toEqual(["192.0.2.9"]);
    expect(header("authorization")).toEqual(["Bearer x"]);
    expect(header("cookie")).toEqual(["a=1; b=2"]);
    expect(header("x-tenant")).toEqual(["acme"]);
    expect(header("x-other")).toEqual([]);
    expect(question?.body.toString()).toBe("");
  });

  test("keeps its connection, and asks again on another if that was closed meanwhile", async () => {
    using it = await open(yes());
    const { t, auth } = it;
    for (let i = 0; i < 3; i++) expect((await t.request()).reply.status).toBe(200);
    expect(auth.connections).toHaveLength(1);
    auth.answer((_, connection) => {
      auth.answer(yes());
      connection.close();
    });
    expect((await t.request()).reply.status).toBe(200);
    expect(auth.requests).toHaveLength(5);
  });
});

describe("a yes", () => {
  test("copies the chosen headers into the request, and nothing else", async () => {
    const headers = [
      ["X-User-Id", "ada"],
      ["X-Roles", "a"],
      ["X-Other", "b"],
      ["Set-Cookie", "c=d"],
    ] as const;
    using it = await open(yes(headers), { "response-headers": ["X-User-Id", "x-roles"] });
    const { reply, ctx } = await it.t.request();
    expect(reply.status).toBe(200);
    expect([...ctx.request.headers]).toEqual([
      ["host", "gateway.test"],
      ["x-user-id", "ada"],
      ["x-roles", "a"],
    ]);
    expect(ctx.principal).toBeUndefined();
  });

  test("says who it is, where that is wanted", async () => {
    const headers = [
      ["X-User-Id", "ada"],
      ["X-Scopes", "a b"],
    ] as const;
    using it = await open(yes(headers), { "principal-header": "x-user-id", "scopes-header": "x-scopes" });
    const { ctx } = await it.t.request({ headers: { "x-user-id": "root" } });
    expect(ctx.principal).toEqual({ id: "ada", source: "forward-auth", scopes: ["a", "b"], claims: {} });
    expect(ctx.request.headers.has("x-user-id")).toBe(false);
    it.auth.answer(yes());
    const nobody = await it.t.request({ headers: { "x-user-id": "root" } });
    expect([nobody.reply.status, nobody.ctx.principal]).toEqual([503, undefined]);
  });

  test.each(["x-user-id", "X-User-Id", "x_user_id", "X-User_Id"])("lets no %s of the client through", async (name) => {
    using it = await open(yes(), { "response-headers": ["x-user-id"], failure: "allow" });
    const spoofed = {
      headers: [
        [name, "root"],
        [name, "root"],
      ] as const,
    };
    expect([...(await it.t.request(spoofed)).ctx.request.headers]).toEqual([["host", "gateway.test"]]);
    it.auth.answer(closes());
    const { reply, ctx } = await it.t.request(spoofed);
    expect([reply.status, [...ctx.request.headers]]).toEqual([200, [["host", "gateway.test"]]]);
  });

  test.each([
    ["a line end", "HTTP/1.1 200 OK\r\nX-User-Id: a\rX-Admin: 1\r\nContent-Length: 0\r\n\r\n"],
    ["a NUL", "HTTP/1.1 200 OK\r\nX-User-Id: a\0b\r\nContent-Length: 0\r\n\r\n"],
    ["a folded line", "HTTP/1.1 200 OK\r\nX-User-Id: a\r\n X-Admin: 1\r\nContent-Length: 0\r\n\r\n"],
    ["a bare line feed", "HTTP/1.1 200 OK\r\nX-User-Id: a\nX-Admin: 1\r\nContent-Length: 0\r\n\r\n"],
  ])("with %s in a header brings no header into the request that was not chosen", async (_, bytes) => {
    using it = await open(replies(bytes), { "response-headers": ["x-user-id"], timeout: "300ms" });
    const { ctx } = await it.t.request();
    expect(ctx.request.headers.has("x-admin")).toBe(false);
    for (const [, value] of ctx.request.headers) expect(value).not.toMatch(/[\r\n\0]/);
  });
});

describe("a no", () => {
  test("is the client's reply, with the chosen headers alone", async () => {
    const headers = [
      ["WWW-Authenticate", "Digest x"],
      ["Content-Type", "text/html"],
      ["Server", "secret"],
      ["X-Internal", "1"],
    ] as const;
    using it = await open(no(401, "<p>log in", headers));
    const { reply, outcome } = await it.t.request();
    expect([reply.status, outcome.attempts]).toEqual([401, 0]);
    expect([...reply.headers].sort()).toEqual([
      ["cache-control", "no-store"],
      ["content-type", "text/html"],
      ["www-authenticate", "Digest x"],
    ]);
    expect(await reply.body.text(100)).toBe("<p>log in");
  });

  test("may send the client elsewhere, with cookies", async () => {
    const headers = [
      ["Location", "https://id/login"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ] as const;
    using it = await open(no(302, "", headers));
    const { reply } = await it.t.request();
    expect([reply.status, reply.headers.get("location")]).toEqual([302, "https://id/login"]);
    expect(reply.headers.getAll("set-cookie")).toEqual(["a=1", "b=2"]);
    expect(it.auth.requests).toHaveLength(1);
  });

  test("with a body that is too long has none", async () => {
    using it = await open(no(403, "x".repeat(2_000)), { "reply-limit": "1kb" });
    const { reply } = await it.t.request();
    expect([reply.status, await reply.body.text(10)]).toEqual([403, ""]);
  });
});

describe("without a decision", () => {
  test.each<[string, Script]>([
    ["hangs", hangs()],
    ["closes", closes()],
    ["answers 500", no(500, "oops")],
    ["answers 503", no(503)],
    ["breaks off", closesAfter("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")],
    ["speaks no HTTP", replies("SSH-2.0-OpenSSH\r\n")],
  ])("as from a service that %s, a request is refused, or let through where that is told", async (_, script) => {
    using it = await open(script, { timeout: "200ms" });
    const { reply, outcome, logs } = await it.t.request();
    expect([reply.status, outcome.errorCode, outcome.attempts]).toEqual([503, "identity_unavailable", 0]);
    expect(logs).toHaveLength(1);
    expect(await reply.body.text(1_000)).not.toContain("oops");
    using open2 = await open(script, { timeout: "200ms", failure: "allow" });
    expect((await open2.t.request()).reply.status).toBe(200);
  });

  test("a question ends with its client", async () => {
    using it = await open(hangs(), { timeout: "60s" });
    const ctx = it.t.context();
    const pending = it.t.phases.authenticate?.(ctx);
    await it.auth.waitForRequests(1);
    const { GatewayError } = await import("../../../src/plugin.ts");
    ctx.abort(new GatewayError("client_closed"));
    await expect(pending).rejects.toThrow();
    await it.auth.waitForClosed();
    expect(it.t.logs).toEqual([]);
  });

  test("a service that hangs is asked 100 times at once; what comes beyond the next 100 is refused at once", async () => {
    using it = await open(hangs(), { timeout: "5s" });
    const all = Array.from({ length: 210 }, () => it.t.request());
    await it.auth.waitForRequests(100);
    const refused = await Promise.all(all.slice(200));
    expect(refused.map(({ outcome }) => outcome.errorCode)).toEqual(Array(10).fill("overloaded"));
    it.auth.answer(yes());
    expect(it.auth.requests.length).toBeLessThanOrEqual(100);
    await Promise.all(all);
  }, 60_000);
});

describe("a yes that is remembered", () => {
  const headers = [["X-User-Id", "ada"]] as const;

  test("costs no question and no promise until its time is over", async () => {
    using it = await open(yes(headers), { cache: { ttl: "10s" }, "response-headers": ["x-user-id"] });
    const { t, auth } = it;
    const request = { headers: { authorization: "a", "x-user-id": "root" } };
    await t.request(request);
    t.clock.advance(9_999);
    const ctx = t.context(request);
    expect(t.phases.authenticate?.(ctx)).toBeUndefined();
    expect(ctx.request.headers.getAll("x-user-id")).toEqual(["ada"]);
    t.clock.advance(1);
    await t.request(request);
    expect(auth.requests).toHaveLength(2);
  });

  test("is remembered by all that is asked, unless told", async () => {
    using it = await open(yes(), { cache: { ttl: "10s" } });
    const { t, auth } = it;
    const same = { path: "/a?b", headers: { authorization: "x", cookie: "y" } };
    await t.request(same);
    await t.request({ ...same, headers: { ...same.headers, "x-other": "1" } });
    expect(auth.requests).toHaveLength(1);
    const others = [
      { ...same, method: "POST" },
      { ...same, path: "/a" },
      { ...same, path: "/a?c" },
      { ...same, host: "other" },
      { ...same, scheme: "https" as const },
      { ...same, peer: { address: "192.0.2.99" } },
      { ...same, headers: { authorization: "xy" } },
      { ...same, headers: { authorization: "x", cookie: "" } },
      { ...same, headers: { cookie: "x" } },
      { ...same, headers: {} },
    ];
    for (const [i, other] of others.entries()) {
      await t.request(other);
      expect(auth.requests).toHaveLength(i + 2);
    }
  });

  test("is remembered by what is told", async () => {
    using it = await open(yes(), { cache: { ttl: "10s", by: ["authorization"] } });
    await it.t.request({ path: "/a", headers: { authorization: "x" } });
    await it.t.request({ path: "/b", headers: { authorization: "x" } });
    expect(it.auth.requests).toHaveLength(1);
    await it.t.request({ path: "/b", headers: { authorization: "y" } });
    expect(it.auth.requests).toHaveLength(2);
  });

  test("is a yes: a no and a failure never are", async () => {
    using it = await open(no(403), { cache: { ttl: "10s" }, failure: "allow" });
    expect((await it.t.request()).reply.status).toBe(403);
    it.auth.answer(no(500));
    expect((await it.t.request()).reply.status).toBe(200);
    it.auth.answer(no(401));
    expect((await it.t.request()).reply.status).toBe(401);
    expect(it.auth.requests).toHaveLength(3);
  });
});

test("mistakes in the options are told", async () => {
  const faultOf = (options: Readonly<Record<string, unknown>>) =>
    testPlugin(forwardAuth, { url: "http://auth", ...options }).then(() => "none", String);
  expect(await faultOf({ url: "auth" })).toContain("url: expected a URL");
  expect(await faultOf({ "request-headers": ["X-Forwarded-Uri"] })).toContain(
    "the gateway itself sends x-forwarded-uri",
  );
  expect(await faultOf({ "response-headers": ["Host"] })).toContain("response-headers: host is the gateway's own");
  expect(await faultOf({ "response-headers": ["content-length"] })).toContain("content-length is the gateway's own");
  expect(await faultOf({ "response-headers": ["content-type"] })).toContain("belongs to the request's own body");
  expect(await faultOf({ "reply-headers": ["transfer-encoding"] })).toContain("reply-headers: transfer-encoding is");
  expect(await faultOf({ cache: { ttl: "10s", by: [":uri"] } })).toContain(
    "cache.by: there is no :uri; there are :method",
  );
  expect(await faultOf({ "scopes-header": "x" })).toContain("say whose");
});
