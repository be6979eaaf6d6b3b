import { describe, expect, test } from "bun:test";
import jwt from "../../../plugins/jwt/index.ts";
import { type PluginTest, testPlugin } from "../../../src/testing.ts";
import { until } from "../../support/until.ts";
import { bearer, CLAIMS, ecKey, es256, makeToken, NOW, otherSpellings, RSA, rsaToken } from "./tokens.ts";

const KEY = { "public-key": RSA.pem };

/** What an endpoint of the plugin answers. */
async function ask(t: PluginTest, method: string, body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response: Response = await t.admin.handle(new Request("http://admin/revocations", init));
  const answer: Readonly<Record<string, unknown>> = JSON.parse(await response.text());
  return { status: response.status, body: answer };
}

const statusOf = async (t: PluginTest, token: string) => (await t.request(bearer(token))).reply.status;

describe.each(["check", "push"])("a blacklist with mode: %s", (mode) => {
  const setUp = (options = {}) => testPlugin(jwt, { ...KEY, blacklist: { mode, resync: "10ms", ...options } });

  test.each([
    ["its id", rsaToken({ jti: "one" }), { jti: "one" }],
    ["itself", rsaToken(), { token: rsaToken() }],
    ["its subject", rsaToken(), { subject: "ada", before: NOW + 1 }],
    ["its key", rsaToken({}, { kid: "k" }), { kid: "k" }],
  ])("refuses a token that was revoked by %s, and lets it pass when that is taken back", async (_, token, what) => {
    const t = await setUp();
    expect(await statusOf(t, token)).toBe(200);
    expect((await ask(t, "POST", what)).status).toBe(200);
    const { reply } = await t.request(bearer(token));
    expect(reply.status).toBe(401);
    expect(reply.headers.get("www-authenticate")).toContain("The token has been revoked");
    expect(await statusOf(t, rsaToken({ sub: "bob", jti: "two" }))).toBe(200);
    expect((await ask(t, "DELETE", what)).body.wasRevoked).toBe(true);
    expect(await statusOf(t, token)).toBe(200);
    await t.close();
  });

  test("knows nobody of a request that it refuses", async () => {
    const t = await testPlugin(jwt, { ...KEY, blacklist: { mode }, "forward-claims": { sub: "x-user" } });
    const known = await t.request(bearer(rsaToken()));
    expect([known.ctx.principal?.id, known.ctx.request.headers.get("x-user")]).toEqual(["ada", "ada"]);
    await ask(t, "POST", { token: rsaToken() });
    const { ctx, reply } = await t.request(bearer(rsaToken()));
    expect([reply.status, ctx.principal, ctx.request.headers.get("x-user")]).toEqual([401, undefined, undefined]);
    await t.close();
  });

  test("refuses a token that was revoked before it came for the first time", async () => {
    const t = await setUp();
    await ask(t, "POST", { token: rsaToken() });
    expect(await statusOf(t, rsaToken())).toBe(401);
    await t.close();
  });

  test("no other spelling of a revoked token passes", async () => {
    const t = await setUp();
    const token = rsaToken();
    await ask(t, "POST", { token });
    for (const spelling of [token, ...otherSpellings(token), `${token}=`, ` ${token}`.trim()]) {
      expect(await statusOf(t, spelling)).toBe(401);
    }
    for (const spelling of otherSpellings(token)) {
      const other = await setUp();
      await ask(other, "POST", { token: spelling });
      expect(await statusOf(other, token)).toBe(401);
      await other.close();
    }
    await t.close();
  });

  test("the twin of an ECDSA signature is revoked with it", async () => {
    const key = ecKey();
    const options = { "public-key": key.pem, algorithms: ["ES256"] };
    const t = await testPlugin(jwt, { ...options, blacklist: { mode } });
    const token = makeToken({ alg: "ES256" }, CLAIMS, es256(key.privateKey));
    const [header, payload, signature = ""] = token.split(".");
    const bytes = Buffer.from(signature, "base64url");
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = order - BigInt(`0x${bytes.subarray(32).toString("hex")}`);
    const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
    const other = `${header}.${payload}.${twin.toString("base64url")}`;
    expect(await statusOf(t, other)).toBe(200);
    await ask(t, "POST", { token });
    expect(await statusOf(t, other)).toBe(401);
    await t.close();
  });

  test("finds what other programs have written", async () => {
    const t = await setUp({ key: "revoked/{jti}/now" });
    const token = rsaToken({ jti: "a:{b}%" });
    expect(await statusOf(t, token)).toBe(200);
    await t.store.raw.set("revoked/a:{b}%/now", "any");
    await until(async () => (await statusOf(t, token)) === 401);
    await t.store.raw.delete("revoked/a:{b}%/now");
    await until(async () => (await statusOf(t, token)) === 200);
    await t.close();
  });

  test("tells many tokens apart that come at once", async () => {
    const t = await setUp();
    const tokens = Array.from({ length: 300 }, (_, i) => rsaToken({ jti: `${i}`, sub: i % 2 ? "odd" : undefined }));
    for (let i = 0; i < 300; i += 7) await ask(t, "POST", { jti: `${i}` });
    for (let round = 0; round < 2; round++) {
      const statuses = await Promise.all(tokens.map((token) => statusOf(t, token)));
      expect(statuses).toEqual(tokens.map((_, i) => (i % 7 === 0 ? 401 : 200)));
    }
    await t.close();
  });

  test("lists what is revoked, and refuses what it does not understand", async () => {
    const t = await setUp();
    await ask(t, "POST", { jti: "one", until: NOW + 60 });
    const revocations = [{ kind: "jti", value: "one" }];
    expect(await ask(t, "GET")).toEqual({ status: 200, body: { revocations, isComplete: true } });
    for (const body of [{}, { jti: "" }, [], "x", { token: "x".repeat(200_000) }]) {
      expect(await ask(t, "POST", body)).toMatchObject({ status: 400, body: { code: "bad_request" } });
    }
    await t.close();
  });
});

test("an id is written in the form of every route", async () => {
  const a = await testPlugin(jwt, { ...KEY, blacklist: { key: "a:{jti}" } });
  const b = await a.again({ ...KEY, blacklist: { key: "b:{jti}", mode: "push" } });
  await ask(b, "POST", { jti: "one" });
  const token = rsaToken({ jti: "one" });
  expect([await statusOf(a, token), await statusOf(b, token)]).toEqual([401, 401]);
  await b.close();
  await ask(a, "POST", { jti: "two" });
  expect(await a.store.raw.getMany(["a:two", "b:two"])).toEqual(["1", undefined]);
  await a.close();
});

test("a copy that is whole needs no waiting, and one that is closed listens no more", async () => {
  const t = await testPlugin(jwt, { ...KEY, blacklist: { mode: "push" } });
  const token = rsaToken();
  await until(async () => {
    await t.request(bearer(token));
    return t.phases.authenticate?.(t.context(bearer(token))) === undefined;
  });
  await t.close();
  expect(t.phases.authenticate?.(t.context(bearer(rsaToken())))).toBeInstanceOf(Promise);
});
