import { describe, expect, test } from "bun:test";
import jwt from "../../../plugins/jwt/index.ts";
import { testPlugin } from "../../../src/testing.ts";
import { tempFolder } from "../../support/temp.ts";
import { until } from "../../support/until.ts";
import { bearer, CLAIMS, ecKey, hs256, jwkOf, makeToken, RSA, rs256, rsaKey, type TestKey } from "./tokens.ts";

/** A provider whose key set a test changes; it counts who asks. */
function startProvider(first: unknown) {
  const provider = {
    answer: (_path: string): Response | Promise<Response> => Response.json(first),
    asked: 0,
    ended: 0,
    url: "",
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch({ signal, url }) {
      provider.asked++;
      signal.addEventListener("abort", () => provider.ended++);
      return provider.answer(new URL(url).pathname);
    },
  });
  provider.url = `http://127.0.0.1:${server.port}/jwks.json`;
  return Object.assign(provider, { [Symbol.asyncDispose]: () => server.stop(true) });
}

const A = RSA;
const B = rsaKey();
const setOf = (...keys: readonly (readonly [string, TestKey])[]) => ({
  keys: keys.map(([kid, key]) => jwkOf(key, { kid })),
});
const tokenOf = (kid: string | undefined, key: TestKey) =>
  bearer(makeToken({ alg: "RS256", kid }, CLAIMS, rs256(key.privateKey)));

describe("a key set", () => {
  test("is read once, and its key chosen by kid", async () => {
    await using provider = startProvider(setOf(["a", A], ["b", B]));
    const t = await testPlugin(jwt, { jwks: provider.url });
    for (const [kid, key, status] of [
      ["a", A, 200],
      ["b", B, 200],
      [undefined, B, 200],
      ["a", B, 401],
    ] as const) {
      expect((await t.request(tokenOf(kid, key))).reply.status).toBe(status);
    }
    expect(provider.asked).toBe(1);
    await t.close();
  });

  test("is shared by all routes with the same options", async () => {
    await using provider = startProvider(setOf(["a", A]));
    const t = await testPlugin(jwt, { jwks: provider.url });
    const other = await t.again({ jwks: provider.url, scopes: ["a"] });
    await Promise.all([t.request(tokenOf("a", A)), other.request(tokenOf("a", A))]);
    expect(provider.asked).toBe(1);
    await t.close();
    expect((await other.request(tokenOf("a", A))).reply.status).toBe(403);
    await other.close();
  });

  test("rotates: an unknown kid makes it be read again, and a key that has gone verifies nothing more", async () => {
    await using provider = startProvider(setOf(["a", A]));
    const t = await testPlugin(jwt, { jwks: { from: provider.url, "cool-down": "0ms" } });
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(200);
    provider.answer = () => Response.json(setOf(["b", B]));
    expect((await t.request(tokenOf("b", B))).reply.status).toBe(200);
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(401);
    await t.close();
  });

  test("is read again in the background", async () => {
    await using provider = startProvider(setOf(["a", A]));
    const t = await testPlugin(jwt, { jwks: { from: provider.url, refresh: "10ms" } });
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(200);
    provider.answer = () => Response.json(setOf(["b", B]));
    await until(async () => (await t.request(tokenOf("a", A))).reply.status === 401);
    await t.close();
  });

  test("is not read again and again when the time to that is longer than a timer can wait", async () => {
    await using provider = startProvider(setOf(["a", A]));
    const t = await testPlugin(jwt, { jwks: { from: provider.url, refresh: "30d" } });
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(200);
    await Bun.sleep(50);
    expect(provider.asked).toBe(1);
    await t.close();
  });

  test("is asked for no more when the last instance is closed", async () => {
    await using provider = startProvider(setOf(["a", A]));
    provider.answer = () => new Promise<Response>(() => {});
    const t = await testPlugin(jwt, { jwks: { from: provider.url, timeout: "1h" } });
    await until(() => provider.asked === 1);
    await t.close();
    await until(() => provider.ended === 1);
  });

  test("is asked for at most once in a cool-down, however many unknown kids come", async () => {
    await using provider = startProvider(setOf(["a", A]));
    const t = await testPlugin(jwt, { jwks: { from: provider.url, "cool-down": "1h" } });
    await t.request(tokenOf("a", A));
    const storm = await Promise.all(Array.from({ length: 500 }, (_, i) => t.request(tokenOf(`unknown ${i}`, B))));
    expect(new Set(storm.map(({ reply }) => reply.status))).toEqual(new Set([401]));
    expect(provider.asked).toBe(1);
    await t.close();
  });

  test("is asked for once by a storm after the cool-down", async () => {
    await using provider = startProvider(setOf(["a", A]));
    const t = await testPlugin(jwt, { jwks: { from: provider.url, "cool-down": "1m" } });
    await t.request(tokenOf("a", A));
    t.clock.advance(60_000);
    await Promise.all(Array.from({ length: 500 }, (_, i) => t.request(tokenOf(`unknown ${i}`, B))));
    expect(provider.asked).toBe(2);
    await t.close();
  });

  test("stays in use while the provider fails, whichever way", async () => {
    await using provider = startProvider(setOf(["a", A]));
    const options = { from: provider.url, "cool-down": "0ms", timeout: "2s", size: "4kb" };
    const t = await testPlugin(jwt, { jwks: options });
    await t.request(tokenOf("a", A));
    const failures: readonly ((path: string) => Response | Promise<Response>)[] = [
      () => new Response("no", { status: 500 }),
      () => new Response("not json"),
      () => Response.json({ keys: [] }),
      () => Response.json({ keys: "none" }),
      () => Response.json({ keys: Array.from({ length: 101 }, () => ({})) }),
      () => new Response("x".repeat(5_000)),
      (path) => (path === "/b" ? Response.json(setOf(["b", B])) : Response.redirect("/b", 302)),
      () => new Promise<Response>(() => {}),
    ];
    for (const answer of failures) {
      provider.answer = answer;
      expect((await t.request(tokenOf("b", B))).reply.status).toBe(401);
      expect((await t.request(tokenOf("a", A))).reply.status).toBe(200);
    }
    const reasons = t.logs.filter(({ level }) => level === "warn").map(({ fields }) => String(fields.reason));
    expect(new Set(reasons).size).toBe(failures.length);
    expect(reasons).toContain("the answer has more than 4096 bytes");
    provider.answer = () => Response.json(setOf(["b", B]));
    expect((await t.request(tokenOf("b", B))).reply.status).toBe(200);
    expect(t.logs.some(({ message }) => message === "the key set can be read again")).toBe(true);
    await t.close();
  });

  test("that was never there is 503, and nobody waits long", async () => {
    await using provider = startProvider({});
    provider.answer = () => new Promise<Response>(() => {});
    const t = await testPlugin(jwt, { jwks: { from: provider.url, timeout: "1s" } });
    const { reply, outcome } = await t.request(tokenOf("a", A));
    expect([reply.status, outcome.errorCode]).toEqual([503, "identity_unavailable"]);
    provider.answer = () => Response.json(setOf(["a", A]));
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(503);
    t.clock.advance(2_000);
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(200);
    await t.close();
  });
});

describe("keys of a set", () => {
  const other = ecKey();
  const status = async (keys: readonly unknown[], options = {}, header: object = { alg: "RS256" }) => {
    await using provider = startProvider({ keys: [jwkOf(other, { kid: "other" }), ...keys] });
    const t = await testPlugin(jwt, { jwks: provider.url, ...options });
    const { reply } = await t.request(bearer(makeToken(header, CLAIMS, rs256(A.privateKey))));
    await t.close();
    return reply.status;
  };

  test.each([
    ["for signatures", { use: "sig", key_ops: ["verify"], alg: "RS256" }, 200],
    ["without a purpose", {}, 200],
    ["for encryption", { use: "enc" }, 401],
    ["for other operations", { key_ops: ["encrypt"] }, 401],
    ["for another algorithm", { alg: "PS256" }, 401],
    ["of an unknown type", { kty: "XYZ" }, 401],
    ["that are broken", { n: "!" }, 401],
  ])("%s", async (_, members, expected) => {
    expect(await status([jwkOf(A, members)])).toBe(expected);
  });

  test("that are private are left out, and the log says so: whoever reads the set could make tokens", async () => {
    const leaked = rsaKey();
    const curve = ecKey("P-256");
    const published = [leaked, curve].map((key, i) => ({
      ...key.privateKey.export({ format: "jwk" }),
      kid: `leaked-${i}`,
    }));
    await using provider = startProvider({ keys: [jwkOf(A), ...published] });
    const t = await testPlugin(jwt, { jwks: provider.url, algorithms: ["RS256", "ES256"] });
    const token = makeToken({ alg: "RS256", kid: "leaked-0" }, CLAIMS, rs256(leaked.privateKey));
    expect((await t.request(bearer(token))).reply.status).toBe(401);
    const logged = JSON.stringify(t.logs);
    for (const kid of ["leaked-0", "leaked-1"]) expect(logged).toContain(`key \\"${kid}\\": it is a private key`);
    expect(logged).not.toContain(String(published[0]?.d));
    await t.close();
  });

  test("that are weak are left out, and the log says so", async () => {
    const weak = rsaKey(1_024);
    await using provider = startProvider({ keys: [jwkOf(A), jwkOf(weak, { kid: "weak" })] });
    const t = await testPlugin(jwt, { jwks: provider.url });
    const token = makeToken({ alg: "RS256", kid: "weak" }, CLAIMS, rs256(weak.privateKey));
    expect((await t.request(bearer(token))).reply.status).toBe(401);
    expect(t.logs.map(({ fields }) => fields.reason)).toContain(
      'key "weak": an RSA key of 1024 bits is too weak: expected 2048 or more',
    );
    await t.close();
  });

  test("are never secrets", async () => {
    const secret = "a secret that has thirty-two bytes";
    const published = { kty: "oct", k: Buffer.from("published".repeat(4)).toString("base64url"), alg: "HS256" };
    await using provider = startProvider({ keys: [jwkOf(A), published] });
    const t = await testPlugin(jwt, { jwks: provider.url, secret, algorithms: ["RS256", "HS256"] });
    const token = makeToken({ alg: "HS256" }, CLAIMS, hs256("published".repeat(4)));
    expect((await t.request(bearer(token))).reply.status).toBe(401);
    await t.close();
  });
});

describe("a key set in a file", () => {
  test("is read at load, and again later", async () => {
    using folder = tempFolder();
    const file = folder.write("jwks.json", JSON.stringify(setOf(["a", A])));
    const t = await testPlugin(jwt, { jwks: { from: file, refresh: "10ms" } });
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(200);
    folder.write("jwks.json", JSON.stringify(setOf(["b", B])));
    await until(async () => (await t.request(tokenOf("b", B))).reply.status === 200);
    await t.close();
  });

  test("is read when it changes, and the last one stays while it is not valid", async () => {
    using folder = tempFolder();
    const file = folder.write("jwks.json", JSON.stringify(setOf(["a", A])));
    const t = await testPlugin(jwt, { jwks: { from: file, "cool-down": "1h" } });
    folder.write("jwks.json", "half of a");
    await until(() => t.logs.some(({ message }) => message === "the key set cannot be read"));
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(200);
    folder.write("jwks.json", JSON.stringify(setOf(["b", B])));
    await until(async () => (await t.request(tokenOf("b", B))).reply.status === 200);
    expect((await t.request(tokenOf("a", A))).reply.status).toBe(401);
    await t.close();
  });

  test("that is none is refused", async () => {
    using folder = tempFolder();
    const file = folder.write("jwks.json", JSON.stringify({ keys: [jwkOf(rsaKey(1_024))] }));
    await expect(testPlugin(jwt, { jwks: file })).rejects.toThrow("an RSA key of 1024 bits is too weak");
    const large = folder.write("large.json", " ".repeat(300_000));
    await expect(testPlugin(jwt, { jwks: large })).rejects.toThrow("jwks: the file has more than 262144 bytes");
    await expect(testPlugin(jwt, { jwks: folder.file("none.json") })).rejects.toThrow("there is no such file");
  });
});
