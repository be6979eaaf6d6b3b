import { describe, expect, test } from "bun:test";
import jwt from "../../../plugins/jwt/index.ts";
import { testPlugin } from "../../../src/testing.ts";
import { bearer, CLAIMS, NOW, RSA, rsaToken } from "./tokens.ts";

const KEY = { "public-key": RSA.pem };

describe("scopes and roles", () => {
  test.each([
    [{ scope: "orders:read orders:write" }, 200],
    [{ scope: ["orders:read"] }, 200],
    [{ scp: ["orders:read"] }, 200],
    [{ scp: "orders:read" }, 200],
    [{ scope: "orders:write", scp: "orders:read" }, 200],
    [{ scope: "orders:reader" }, 403],
    [{ scope: "ORDERS:READ" }, 403],
    [{ scope: { "orders:read": true } }, 403],
    [{}, 403],
  ])("%p with scopes: [orders:read] is %p", async (claims, status) => {
    const t = await testPlugin(jwt, { ...KEY, scopes: ["orders:read"] });
    const { reply } = await t.request(bearer(rsaToken(claims)));
    expect(reply.status).toBe(status);
    const challenge =
      'Bearer realm="gateway", error="insufficient_scope", error_description="The token lacks a scope that is needed here", scope="orders:read"';
    expect(reply.headers.get("www-authenticate")).toBe(status === 403 ? challenge : (undefined as never));
  });

  test("all scopes are needed, and one of the roles", async () => {
    const t = await testPlugin(jwt, { ...KEY, scopes: ["a", "b"], roles: ["admin", "ops"] });
    const status = async (claims: Record<string, unknown>) => (await t.request(bearer(rsaToken(claims)))).reply.status;
    expect(await status({ scope: "a b", roles: ["ops"] })).toBe(200);
    expect(await status({ scope: "a b", realm_access: { roles: ["ops"] } })).toBe(200);
    expect(await status({ scope: "a", roles: ["ops"] })).toBe(403);
    expect(await status({ scope: "a b", roles: ["dev"] })).toBe(403);
    expect(await status({ scope: "a b", roles: "admins" })).toBe(403);
  });

  test("their claims can be others", async () => {
    const options = {
      scopes: ["a"],
      roles: ["b"],
      "scope-claims": ["permissions"],
      "role-claims": ["https://example.com/roles"],
    };
    const t = await testPlugin(jwt, { ...KEY, ...options });
    const claims = { permissions: ["a"], "https://example.com/roles": ["b"] };
    expect((await t.request(bearer(rsaToken(claims)))).reply.status).toBe(200);
    expect((await t.request(bearer(rsaToken({ scope: "a", roles: ["b"] })))).reply.status).toBe(403);
  });

  test("each route has its own, though what was verified is shared", async () => {
    const strict = await testPlugin(jwt, { ...KEY, scopes: ["a"] });
    const lax = await strict.again(KEY);
    const token = rsaToken();
    await lax.request(bearer(token));
    expect(lax.phases.authenticate?.(lax.context(bearer(token)))).toBeUndefined();
    expect((await strict.request(bearer(token))).reply.status).toBe(403);
  });
});

describe("optional: true", () => {
  test("lets requests without a token pass, and no others", async () => {
    const t = await testPlugin(jwt, { ...KEY, optional: true });
    const none = await t.request();
    expect(none.reply.status).toBe(200);
    expect(none.ctx.principal).toBeUndefined();
    expect((await t.request(bearer(rsaToken()))).ctx.principal?.id).toBe("ada");
    expect((await t.request(bearer(rsaToken({ exp: NOW - 9 })))).reply.status).toBe(401);
    expect((await t.request({ headers: { authorization: "Bearer" } })).reply.status).toBe(401);
  });

  test("cannot be with scopes or roles", async () => {
    await expect(testPlugin(jwt, { ...KEY, optional: true, scopes: ["a"] })).rejects.toThrow("it cannot be optional");
  });
});

describe("forward-claims", () => {
  const options = { ...KEY, optional: true, "forward-claims": { sub: "X-User-Id", "realm_access.roles": "x-roles" } };
  const forged = { "x-user-id": "root", x_user_id: "root", "x-roles": "admin" };
  const forwarded = (headers: Iterable<[string, string]>) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith("x")));

  test("sets them, and removes the client's own", async () => {
    const t = await testPlugin(jwt, options);
    const token = rsaToken({ realm_access: { roles: ["a", "b"] } });
    const { ctx } = await t.request({ headers: { ...forged, authorization: `Bearer ${token}` } });
    expect(forwarded(ctx.request.headers)).toEqual({ "x-user-id": "ada", "x-roles": "a,b" });
  });

  test("removes the client's own without a token, and without the claim, too", async () => {
    const t = await testPlugin(jwt, options);
    expect(forwarded((await t.request({ headers: forged })).ctx.request.headers)).toEqual({});
    const { ctx } = await t.request({
      headers: { ...forged, authorization: `Bearer ${rsaToken({ sub: undefined })}` },
    });
    expect(forwarded(ctx.request.headers)).toEqual({});
  });

  test("refuses a claim that would be another header", async () => {
    const t = await testPlugin(jwt, options);
    const { reply } = await t.request(bearer(rsaToken({ sub: "ada\r\nx-roles: admin" })));
    expect(reply.headers.get("www-authenticate")).toContain("cannot be a header");
  });
});

describe("the place of the token", () => {
  const token = rsaToken();

  test.each([
    ["another header", { header: "X-Token" }, { headers: { "x-token": token } }],
    ["a cookie", { cookie: "session" }, { headers: { cookie: `a=1; session=${token}` } }],
    ["the query", { query: "access_token" }, { path: `/?access_token=${token}` }],
    ["one of several", { header: "authorization", cookie: "session" }, { headers: { cookie: `session=${token}` } }],
  ])("is %s", async (_, options, request) => {
    const t = await testPlugin(jwt, { ...KEY, ...options });
    expect((await t.request(request)).reply.status).toBe(200);
    expect((await t.request({ path: "/" })).reply.status).toBe(401);
  });

  test("is no other than is configured", async () => {
    const t = await testPlugin(jwt, { ...KEY, cookie: "session" });
    expect((await t.request(bearer(token))).reply.status).toBe(401);
  });

  test("is left as it is, unless remove-token says otherwise", async () => {
    const request = { path: `/?a=1&token=${token}`, headers: { cookie: "a=1" } };
    const kept = await testPlugin(jwt, { ...KEY, query: "token" });
    expect((await kept.request(request)).ctx.upstreamQuery).toBe(`a=1&token=${token}`);
    const removed = await kept.again({ ...KEY, query: "token", "remove-token": true });
    expect((await removed.request(request)).ctx.upstreamQuery).toBe("a=1");
    const header = await kept.again({ ...KEY, "remove-token": true });
    expect((await header.request(bearer(token))).ctx.request.headers.has("authorization")).toBe(false);
  });

  test("is removed on the way to the service alone: a cache before it has to see that the request had one", async () => {
    const t = await testPlugin(jwt, { ...KEY, "remove-token": true });
    const ctx = t.context(bearer(token));
    await t.phases.authenticate?.(ctx);
    expect(ctx.principal?.id).toBe(CLAIMS.sub);
    expect(ctx.request.headers.has("authorization")).toBe(true);
  });

  test("is all that remove-token removes: credentials of another scheme are somebody else's", async () => {
    const t = await testPlugin(jwt, { ...KEY, "remove-token": true, optional: true });
    const { ctx } = await t.request({ headers: { authorization: "Basic eDp5" } });
    expect(ctx.request.headers.get("authorization")).toBe("Basic eDp5");
  });
});
