import { beforeAll, describe, expect, test } from "bun:test";
import jwt from "../../../plugins/jwt/index.ts";
import { type PluginTest, testPlugin } from "../../../src/testing.ts";
import {
  bearer,
  CLAIMS,
  ecKey,
  hs256,
  makeToken,
  NOW,
  otherSpellings,
  RSA,
  rs256,
  rsaKey,
  rsaToken,
} from "./tokens.ts";

let t: PluginTest;
beforeAll(async () => {
  t = await testPlugin(jwt, { "public-key": RSA.pem, issuer: "https://id.example.com", audience: "shop" });
});

const GOOD = { iss: "https://id.example.com", aud: "shop" };
const signed = rs256(RSA.privateKey);
const payload = { ...CLAIMS, ...GOOD };

/** Status and challenge of a request with that header. */
async function answer(authorization: string) {
  const { reply } = await t.request({ headers: { authorization } });
  return { status: reply.status, challenge: reply.headers.get("www-authenticate") };
}

async function expectRefused(token: string, because?: string) {
  const { status, challenge } = await answer(`Bearer ${token}`);
  expect(status).toBe(401);
  expect(challenge).toStartWith('Bearer realm="gateway", error="invalid_token", error_description="The token');
  if (because !== undefined) expect(challenge).toContain(because);
}

test("a good token passes, also after its first use, and whatever the scheme's case", async () => {
  const token = rsaToken(GOOD);
  for (const authorization of [`Bearer ${token}`, `bearer ${token}`, `BEARER   ${token}`]) {
    expect(await answer(authorization)).toEqual({ status: 200, challenge: undefined });
  }
});

describe("algorithms", () => {
  const forged: readonly (readonly [string, unknown])[] = [
    ["none", { alg: "none" }],
    ["None", { alg: "None" }],
    ["an empty one", { alg: "" }],
    ["lower case", { alg: "rs256" }],
    ["another of the same key", { alg: "RS512" }],
    ["a missing one", { typ: "JWT" }],
    ["a number", { alg: 256 }],
    ["a list", { alg: ["RS256"] }],
    ["null", { alg: null }],
    ["an inherited name", { alg: "toString" }],
  ];

  test.each(forged)("%s is refused, signed or not", async (_, header) => {
    await expectRefused(makeToken(header, payload, signed), "algorithm is not allowed");
    await expectRefused(makeToken(header, payload, () => new Uint8Array()));
  });

  test("HS256 with the public key as its secret is refused", async () => {
    for (const secret of [RSA.pem, RSA.pem.trim(), RSA.publicKey.export({ format: "der", type: "spki" })]) {
      await expectRefused(makeToken({ alg: "HS256" }, payload, hs256(secret)), "algorithm is not allowed");
    }
  });

  test("HS256 with the public key as its secret is refused where HS256 is allowed, too", async () => {
    const secret = "a secret that has thirty-two bytes";
    const both = await testPlugin(jwt, { "public-key": RSA.pem, secret, algorithms: ["RS256", "HS256"] });
    const forgedToken = makeToken({ alg: "HS256" }, payload, hs256(RSA.pem));
    expect((await both.request(bearer(forgedToken))).reply.status).toBe(401);
    const real = makeToken({ alg: "HS256" }, payload, hs256(secret));
    expect((await both.request(bearer(real))).reply.status).toBe(200);
    const renamed = makeToken({ alg: "RS256" }, payload, hs256(secret));
    expect((await both.request(bearer(renamed))).reply.status).toBe(401);
  });
});

describe("headers", () => {
  test.each([
    ["a doubled alg", '{"alg":"none","alg":"RS256"}'],
    ["a doubled alg, once in escapes", '{"\\u0061lg":"none","alg":"RS256"}'],
    ["a doubled kid", '{"alg":"RS256","kid":"a","kid":"b"}'],
    ["a doubled name within", '{"alg":"RS256","x":[{"a":{},"a":1}]}'],
    ["a list", '["RS256"]'],
    ["null", "null"],
    ["no JSON", '{"alg":"RS256"'],
    ["a kid that is no text", '{"alg":"RS256","kid":1}'],
  ])("%s is refused", async (_, header) => {
    await expectRefused(makeToken(header, payload, signed), "malformed");
  });

  test.each([
    ["crit", { crit: ["exp"], exp: NOW + 9 }],
    ["an empty crit", { crit: [] }],
    ["b64", { b64: false }],
  ])("%s is refused", async (_, header) => {
    await expectRefused(makeToken({ alg: "RS256", ...header }, payload, signed), "extension");
  });

  test("the same name in two objects is no double", async () => {
    const header = '{"alg":"RS256","x":{"a":1,"b":{"a":"\\"a\\":"}},"y":{"a":1}}';
    expect((await answer(`Bearer ${makeToken(header, payload, signed)}`)).status).toBe(200);
  });

  test.each(["../../../../dev/null", "' OR 1=1 --", '"', "\0", "a".repeat(4_000)])(
    "a kid of %p is a name and no more",
    async (kid) => {
      const other = rsaKey();
      await expectRefused(makeToken({ alg: "RS256", kid }, payload, rs256(other.privateKey)), "signature");
      expect((await answer(`Bearer ${makeToken({ alg: "RS256", kid }, payload, signed)}`)).status).toBe(200);
    },
  );

  test("keys that a token brings along, or points at, are never used", async () => {
    const own = rsaKey();
    const fetched: string[] = [];
    const server = Bun.serve({
      port: 0,
      fetch(request) {
        fetched.push(request.url);
        return Response.json({ keys: [own.publicKey.export({ format: "jwk" })] });
      },
    });
    const url = `http://127.0.0.1:${server.port}/keys`;
    for (const header of [
      { jwk: own.publicKey.export({ format: "jwk" }) },
      { jku: url },
      { x5u: url },
      { x5c: ["MIIB"] },
    ]) {
      await expectRefused(makeToken({ alg: "RS256", ...header }, payload, rs256(own.privateKey)), "signature");
    }
    await server.stop(true);
    expect(fetched).toEqual([]);
  });
});

describe("claims", () => {
  test.each([
    ["expired", { exp: NOW - 5 }, "expired"],
    ["without an end", { exp: undefined }, "has no exp"],
    ["not valid yet", { nbf: NOW + 6 }, "not valid yet"],
    ["issued in the future", { iat: NOW + 6 }, "issued in the future"],
    ["from another issuer", { iss: "https://evil.example.com" }, "another issuer"],
    ["from no issuer", { iss: undefined }, "another issuer"],
    ["for another audience", { aud: "bank" }, "another audience"],
    ["for other audiences", { aud: ["bank", "shop2"] }, "another audience"],
    ["for nobody", { aud: [] }, "another audience"],
    ["without an audience", { aud: undefined }, "another audience"],
    ["with an audience that is no text", { aud: { shop: "shop" } }, "another audience"],
    ["with an audience that is a text in a list in a list", { aud: [["shop"]] }, "another audience"],
    ["with a number among its audiences", { aud: ["shop", 1] }, "another audience"],
    ["with an end that is a text", { exp: String(NOW + 300) }, "exp is of the wrong type"],
    ["with an end that is null", { exp: null }, "exp is of the wrong type"],
    ["with a start that is a text", { nbf: "0" }, "nbf is of the wrong type"],
    ["with a time of issue that is a list", { iat: [NOW] }, "iat is of the wrong type"],
    ["with a subject that is an object", { sub: { id: "ada" } }, "sub is of the wrong type"],
    ["with an id that is a number", { jti: 1 }, "jti is of the wrong type"],
    ["with an issuer that is a list", { iss: ["https://id.example.com"] }, "iss is of the wrong type"],
  ])("a token %s is refused", async (_, claims, because) => {
    await expectRefused(rsaToken({ ...GOOD, ...claims }), because);
  });

  test.each([
    ["just not expired, for the tolerance", { exp: NOW - 4 }],
    ["for several audiences", { aud: ["bank", "shop"] }],
    ["with times that have parts of seconds", { exp: NOW + 0.5, iat: NOW - 0.5 }],
  ])("a token %s passes", async (_, claims) => {
    expect((await answer(`Bearer ${rsaToken({ ...GOOD, ...claims })}`)).status).toBe(200);
  });

  test("an endless number is no end", async () => {
    await expectRefused(makeToken({ alg: "RS256" }, '{"sub":"ada","exp":1e999}', signed), "exp is of the wrong type");
  });

  test.each([
    ["a doubled claim", '{"sub":"ada","exp":9999999999,"sub":"root"}'],
    ["a list", '[{"exp":9999999999}]'],
    ["octets that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["a byte order mark", '\ufeff{"exp":9999999999}'],
  ])("%s is malformed", async (_, text) => {
    const header = Buffer.from('{"alg":"RS256"}').toString("base64url");
    const input = `${header}.${Buffer.from(text as string).toString("base64url")}`;
    await expectRefused(`${input}.${Buffer.from(signed(input)).toString("base64url")}`, "malformed");
  });
});

describe("the form of a token", () => {
  const token = rsaToken(GOOD);
  const [header, body, signature = ""] = token.split(".");

  test.each([
    ["an empty signature", `${header}.${body}.`],
    ["no signature", `${header}.${body}`],
    ["a truncated signature", token.slice(0, -8)],
    ["a truncated claim", `${header}.${body?.slice(0, -4)}.${signature}`],
    ["one part more", `${token}.${signature}`],
    ["empty parts", ".."],
    ["padding", `${token}=`],
    ["blanks inside", `${header}. ${body}.${signature}`],
    ["two tokens", `${token} ${token}`],
    ["characters of base64", `${header}.${body}.${"+/".repeat(8)}`],
    ["characters beyond ASCII", `${header}.${body}.${signature.slice(0, -2)}éé`],
  ])("%s is refused", async (_, text) => {
    await expectRefused(text);
  });

  test("a scheme without a token is refused", async () => {
    expect((await answer("Bearer")).challenge).toContain('error="invalid_token"');
  });

  test("1 MB is refused, and nothing of it read", async () => {
    await expectRefused(`${header}.${body}.${"A".repeat(1_048_576)}`, "too long");
    await expectRefused(".".repeat(1_048_576), "too long");
    const long = { ...payload, x: "x".repeat(12_500) };
    await expectRefused(makeToken({ alg: "RS256" }, long, signed), "too long");
  });

  test("a signature of another token is refused", async () => {
    const other = rsaToken({ ...GOOD, sub: "root" }).split(".");
    await expectRefused(`${other[0]}.${other[1]}.${signature}`, "signature");
  });

  test("other spellings of its last character are refused, also when the token is known", async () => {
    expect((await answer(`Bearer ${token}`)).status).toBe(200);
    const spellings = otherSpellings(token);
    expect(spellings.length).toBeGreaterThan(0);
    for (const spelling of spellings) await expectRefused(spelling, "malformed");
  });

  test("two Authorization lines are 400, also if both are the same", async () => {
    const line = ["authorization", `Bearer ${token}`] as const;
    const { reply } = await t.request({ headers: [line, line] });
    expect(reply.status).toBe(400);
    expect(reply.headers.get("www-authenticate")).toContain('error="invalid_request"');
  });
});

describe("keys that are no good are refused at load", () => {
  const SECRET = "short but secret";

  test.each([
    ["a weak key", { "public-key": rsaKey(1_024).pem }, "an RSA key of 1024 bits is too weak: expected 2048 or more"],
    ["a private key", { "public-key": RSA.privateKey.export({ format: "pem", type: "pkcs8" }) }, "is a private key"],
    [
      "a broken key",
      { "public-key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----" },
      "found something else",
    ],
    ["an unfinished key", { "public-key": "-----BEGIN PUBLIC KEY-----\nAAAA" }, "found none"],
    ["no key", {}, "expected a key: public-key, jwks or secret"],
    [
      "a key for no algorithm",
      { "public-key": ecKey().pem },
      "the key is for none of the algorithms RS256: it is an ec key",
    ],
    ["a curve of another algorithm", { "public-key": ecKey("P-384").pem, algorithms: ["ES256"] }, "on secp384r1"],
    [
      "an algorithm without a key",
      { "public-key": RSA.pem, algorithms: ["RS256", "ES256"] },
      "there is no key for ES256",
    ],
    [
      "HS256 without a secret",
      { "public-key": RSA.pem, algorithms: ["RS256", "HS256"] },
      "no key for HS256; its secret is",
    ],
    ["a secret without HS256", { secret: SECRET }, "secret: expected with HS256"],
    [
      "a short secret",
      { secret: SECRET, algorithms: ["HS256"] },
      "secret: too short for the algorithms: expected 32 bytes",
    ],
    ["none", { "public-key": RSA.pem, algorithms: ["none"] }, "expected RS256, "],
  ])("%s", async (_, options, message) => {
    const failure = await testPlugin(jwt, options).catch((error: unknown) => String(error));
    expect(failure).toContain(message);
    expect(failure).not.toContain(SECRET);
  });
});
