import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import jwt from "../../../plugins/jwt/index.ts";
import { invalidToken, REFUSALS, reasonOf } from "../../../plugins/jwt/refusals.ts";
import { testPlugin } from "../../../src/testing.ts";
import { tempFolder } from "../../support/temp.ts";
import { makeCertificates } from "../../support/tls.ts";
import {
  bearer,
  CLAIMS,
  ecKey,
  ed25519,
  ed25519Key,
  es256,
  hs256,
  makeToken,
  RSA,
  rs256,
  rsaKey,
  rsaToken,
} from "./tokens.ts";

const KEY = { "public-key": RSA.pem };

describe("a token", () => {
  test("says who is calling", async () => {
    const t = await testPlugin(jwt, KEY);
    const { reply, ctx } = await t.request(bearer(rsaToken({ scope: "orders:read orders:write", tenant: { id: 7 } })));
    expect(reply.status).toBe(200);
    expect(ctx.principal).toMatchObject({ id: "ada", source: "jwt", scopes: ["orders:read", "orders:write"] });
    expect(ctx.principal?.claims).toMatchObject({ tenant: { id: 7 } });
  });

  test("is shared by requests, so nobody can change what it says", async () => {
    const t = await testPlugin(jwt, KEY);
    const { ctx } = await t.request(bearer(rsaToken({ tenant: { ids: [7] } })));
    const { claims, scopes } = ctx.principal ?? {};
    const tenant = claims?.tenant as { readonly ids: unknown };
    for (const part of [claims, scopes, tenant, tenant.ids]) expect(Object.isFrozen(part)).toBe(true);
  });

  test.each([
    [{ sub: undefined, client_id: "billing" }, "billing"],
    [{ sub: undefined, azp: "billing" }, "billing"],
    [{ sub: undefined }, ""],
  ])("without a subject is for its client: %p", async (claims, id) => {
    const t = await testPlugin(jwt, KEY);
    expect((await t.request(bearer(rsaToken(claims)))).ctx.principal?.id).toBe(id);
  });

  test("that is missing is asked for, without an error in the challenge", async () => {
    const t = await testPlugin(jwt, KEY);
    for (const request of [{}, { headers: { authorization: "Basic YTpi" } }]) {
      const { reply, outcome } = await t.request(request);
      expect(reply.status).toBe(401);
      expect(reply.headers.get("www-authenticate")).toBe('Bearer realm="gateway"');
      expect(outcome).toMatchObject({ attempts: 0, errorCode: "unauthenticated" });
    }
  });

  test("is remembered until it ends: the second time nothing is waited for", async () => {
    const t = await testPlugin(jwt, KEY);
    const token = rsaToken();
    expect(t.phases.authenticate?.(t.context(bearer(token)))).toBeInstanceOf(Promise);
    await t.request(bearer(token));
    expect(t.phases.authenticate?.(t.context(bearer(token)))).toBeUndefined();
    t.clock.advance(304_999);
    expect(t.phases.authenticate?.(t.context(bearer(token)))).toBeUndefined();
    t.clock.advance(1);
    expect((await t.request(bearer(token))).reply.headers.get("www-authenticate")).toContain("expired");
  });

  test("that many requests bring at once is verified for all of them", async () => {
    const t = await testPlugin(jwt, KEY);
    const results = await Promise.all(Array.from({ length: 50 }, () => t.request(bearer(rsaToken()))));
    expect(results.map(({ reply }) => reply.status)).toEqual(Array.from({ length: 50 }, () => 200));
  });

  test("is counted by what became of it", async () => {
    const t = await testPlugin(jwt, { ...KEY, scopes: ["a"] });
    const requests = [
      bearer(rsaToken({ scope: "a" })),
      bearer(rsaToken()),
      bearer("x"),
      {},
      bearer(rsaToken({ scope: "a" })),
    ];
    for (const request of requests) await t.request(request);
    const counts = ["accepted", "forbidden", "refused", "missing", "unavailable"].map((outcome) =>
      t.metrics.value("requests_total", { route: "test", outcome }),
    );
    expect(counts).toEqual([2, 1, 1, 1, 0]);
    expect(t.metrics.value("refusals_total", { route: "test", reason: "malformed" })).toBe(1);
  });

  test("that is refused is counted by what is wrong with it, and every reason has a series", async () => {
    const t = await testPlugin(jwt, { ...KEY, issuer: "https://id.example.com" });
    const iss = "https://id.example.com";
    const [header, payload] = rsaToken({ iss }).split(".");
    const requests = [
      rsaToken({ iss, exp: 1 }),
      rsaToken({ iss: "https://other.example.com" }),
      rsaToken({ iss, sub: 5 }),
      `${header}.${payload}.${rsaToken({ iss, jti: "another" }).split(".")[2]}`,
    ];
    for (const token of requests) expect((await t.request(bearer(token))).reply.status).toBe(401);
    const of = (reason: string) => t.metrics.value("refusals_total", { route: "test", reason });
    expect(["expired", "issuer", "claim", "signature"].map(of)).toEqual([1, 1, 1, 1]);
    expect(REFUSALS.map(of).reduce((sum: number, count) => sum + (count ?? Number.NaN), 0)).toBe(4);
    for (const reason of REFUSALS) expect(reasonOf(invalidToken(reason))).toBe(reason);
  });
});

describe("keys", () => {
  const ec = ecKey();
  const ed = ed25519Key();
  const secret = "a secret that has thirty-two bytes";

  test.each([
    ["ES256", ec.pem, es256(ec.privateKey)],
    ["EdDSA", ed.pem, ed25519(ed.privateKey)],
    ["Ed25519", ed.pem, ed25519(ed.privateKey)],
  ])("%s", async (alg, pem, signer) => {
    const t = await testPlugin(jwt, { "public-key": pem, algorithms: [alg] });
    expect((await t.request(bearer(makeToken({ alg }, CLAIMS, signer)))).reply.status).toBe(200);
    expect((await t.request(bearer(makeToken({ alg }, { ...CLAIMS, sub: "b" }, () => signer("x"))))).reply.status).toBe(
      401,
    );
  });

  test("HS256", async () => {
    const t = await testPlugin(jwt, { secret, algorithms: ["HS256"] });
    expect((await t.request(bearer(makeToken({ alg: "HS256" }, CLAIMS, hs256(secret))))).reply.status).toBe(200);
    expect((await t.request(bearer(makeToken({ alg: "HS256" }, CLAIMS, hs256("other"))))).reply.status).toBe(401);
    expect(JSON.stringify(t.logs)).not.toContain(secret);
  });

  test("several, also in one file, and a certificate", async () => {
    using folder = tempFolder();
    const [a, b, c] = [rsaKey(), rsaKey(), rsaKey()];
    folder.write("keys.pem", `first\n${a.pem}second\n${b.pem}`);
    const { ca } = makeCertificates(folder.path);
    const list = [folder.file("keys.pem"), c.pem, ca.certFile];
    const t = await testPlugin(jwt, { "public-key": list, algorithms: ["RS256", "ES256"] });
    for (const key of [a, b, c]) {
      const token = makeToken({ alg: "RS256", kid: "any" }, CLAIMS, rs256(key.privateKey));
      expect((await t.request(bearer(token))).reply.status).toBe(200);
    }
    const { createPrivateKey } = await import("node:crypto");
    const token = makeToken({ alg: "ES256" }, CLAIMS, es256(createPrivateKey(ca.key)));
    expect((await t.request(bearer(token))).reply.status).toBe(200);
    expect(new X509Certificate(ca.cert).publicKey.asymmetricKeyType).toBe("ec");
  });

  test("with names: a token is verified with the key that it names alone", async () => {
    const [a, b] = [rsaKey(), rsaKey()];
    const t = await testPlugin(jwt, { "public-key": { a: a.pem, b: b.pem } });
    const status = async (kid: string | undefined, key: typeof a) =>
      (await t.request(bearer(makeToken({ alg: "RS256", kid }, CLAIMS, rs256(key.privateKey))))).reply.status;
    expect([await status("a", a), await status("b", b), await status(undefined, b)]).toEqual([200, 200, 200]);
    expect([await status("a", b), await status("c", a), await status("constructor", a)]).toEqual([401, 401, 401]);
  });

  test("in a file that has another key at the next load are others", async () => {
    using folder = tempFolder();
    const file = folder.write("key.pem", RSA.pem);
    const t = await testPlugin(jwt, { "public-key": file });
    const token = rsaToken();
    expect((await t.request(bearer(token))).reply.status).toBe(200);
    folder.write("key.pem", rsaKey().pem);
    const reloaded = await t.again();
    await t.close();
    expect((await reloaded.request(bearer(token))).reply.status).toBe(401);
  });
});

describe("what is verified is not shared", () => {
  test.each([
    ["another issuer", { issuer: "https://id.example.com" }],
    ["another audience", { audience: ["shop"] }],
    ["other claims that are required", { "required-claims": ["tenant"] }],
    ["other keys", { "public-key": rsaKey().pem }],
  ])("with a route that has %s", async (_, options) => {
    const t = await testPlugin(jwt, KEY);
    const other = await t.again({ ...KEY, ...options });
    const token = rsaToken();
    expect((await t.request(bearer(token))).reply.status).toBe(200);
    expect((await other.request(bearer(token))).reply.status).toBe(401);
  });
});

test.each([
  [{ "clock-tolerance": "11m" }, "clock-tolerance: expected 10m at most"],
  [{ scopes: ["a b"] }, "scopes[0]: expected a scope, without blanks"],
  [{ "forward-claims": { sub: "host" } }, "forward-claims.sub: host is the gateway's own"],
  [{ blacklist: { key: "blacklist" } }, "blacklist.key: expected a key with {jti} in it"],
  [{ blacklist: { key: "{jti}", mode: "push" } }, "blacklist.key: expected text before {jti} with mode: push"],
  [
    { "public-key": "./nowhere.pem" },
    'public-key: expected the path of a file that can be read, found "./nowhere.pem": there is no such file',
  ],
])("%p is refused at load", async (options, message) => {
  await expect(testPlugin(jwt, { ...KEY, ...options })).rejects.toThrow(message);
});
