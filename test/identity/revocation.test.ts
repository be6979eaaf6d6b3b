import { describe, expect, test } from "bun:test";
import { parseRevocation, tokenDigest } from "../../src/identity/revocation.ts";
import { compileJtiKey } from "../../src/identity/revocation-keys.ts";
import { blacklistKeys, createRevocations } from "../../src/identity/revocations.ts";
import { isRevokedBy, revocationQuery } from "../../src/identity/revoked-token.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";

const NOW = Date.UTC(2030, 0, 1);
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const INPUT = `${part({ alg: "RS256" })}.${part({ exp: NOW / 1_000 + 60 })}`;

describe("what is asked to be revoked", () => {
  test("is one of an id, a token, a subject or a key", () => {
    expect(parseRevocation({ jti: "a" }, NOW)).toEqual({ revocation: { kind: "jti", value: "a" }, untilMs: undefined });
    expect(parseRevocation({ kid: "k", until: "2031-01-01T00:00:00Z" }, NOW)).toEqual({
      revocation: { kind: "kid", value: "k" },
      untilMs: Date.UTC(2031, 0, 1),
    });
    expect(parseRevocation({ subject: "ada", before: 1_000 }, NOW).revocation).toEqual({
      kind: "subject",
      value: "ada",
      before: 1_000,
    });
  });

  test("of a subject is all that it has by now, those of this second too", () => {
    expect(parseRevocation({ subject: "ada" }, NOW + 999).revocation.before).toBe(NOW / 1_000 + 1);
  });

  test("of a token lasts until it has ended for every clock, whatever its signature looks like", () => {
    const one = parseRevocation({ token: `${INPUT}.AAAA` }, NOW);
    expect(one).toEqual({ revocation: { kind: "token", value: tokenDigest(INPUT) }, untilMs: NOW + 660_000 });
    expect(parseRevocation({ token: ` ${INPUT}.AAAB\n` }, NOW)).toEqual(one);
  });

  test.each([253_402_300_800, 1e15, 1e300])("of a token whose exp is %p lasts until it is taken back", (exp) => {
    const payload = Buffer.from(JSON.stringify({ exp })).toString("base64url");
    const token = `${INPUT.split(".")[0]}.${payload}.AAAA`;
    expect(parseRevocation({ token }, NOW)).toMatchObject({ revocation: { kind: "token" }, untilMs: undefined });
  });

  test.each([
    [null, "expected an object"],
    ["jti", "expected an object"],
    [{}, "expected one of jti, token, subject, kid"],
    [{ jti: "a", kid: "b" }, "expected one of jti, token, subject, kid"],
    [{ jti: "" }, "jti: expected a text of 1 to 4096 characters"],
    [{ jti: 1 }, "jti: expected a text"],
    [{ jti: "x".repeat(4_097) }, "jti: expected a text"],
    [{ jti: "a", nope: 1 }, 'found "nope"'],
    [{ jti: "a", before: 1 }, "before: expected with a subject alone"],
    [{ subject: "a", before: "soon" }, "before: expected seconds since 1970"],
    [{ subject: "a", before: -1 }, "before: expected seconds since 1970"],
    [{ jti: "a", until: NOW / 1_000 }, "until: expected a time to come"],
    // Milliseconds, for seconds.
    [{ jti: "a", until: NOW + 60_000 }, "until: expected seconds since 1970"],
    [{ subject: "a", before: NOW }, "before: expected seconds since 1970"],
    [{ jti: "a", until: 1e300 }, "until: expected seconds since 1970"],
    [{ token: "abc" }, "token: expected a JSON Web Token"],
    [{ token: `${INPUT}` }, "token: expected a JSON Web Token"],
    [{ token: `a.b.c` }, "token: expected a JSON Web Token"],
  ])("is not %p", (input, message) => {
    expect(() => parseRevocation(input, NOW)).toThrow(message);
  });
});

describe("a verified token", () => {
  const form = compileJtiKey("blacklist:{jti}");
  const marks = { digest: "d", jti: "id", subject: "ada", kid: "k", issuedAt: 1_000 };

  /** Whether it is revoked once that was. */
  async function isRevoked(input: unknown, own: Partial<typeof marks> = {}): Promise<boolean> {
    const lasting = createTestLasting();
    const store = lasting.store.of("jwt");
    await createRevocations(store, ["blacklist:{jti}"], lasting.now).revoke(parseRevocation(input, NOW));
    const query = revocationQuery(store, form, { ...marks, ...own });
    return isRevokedBy(query, await store.raw.getFew([query.group]));
  }

  test.each([
    [{ jti: "id" }, true],
    [{ jti: "other" }, false],
    [{ kid: "k" }, true],
    [{ kid: "K" }, false],
    [{ subject: "ada", before: 1_001 }, true],
    [{ subject: "ada", before: 1_000 }, false],
    [{ subject: "Ada", before: 2_000 }, false],
    [{ subject: "k", before: 2_000 }, false],
  ])("with %p: %p", async (input, expected) => {
    expect(await isRevoked(input)).toBe(expected);
  });

  test("without a time of issue is revoked with its subject", async () => {
    expect(await isRevoked({ subject: "ada", before: 1 }, { issuedAt: undefined as never })).toBe(true);
  });

  test("is never taken for another: names cannot reach into other keys", async () => {
    expect(await isRevoked({ subject: "x:kid:k", before: 2_000 })).toBe(false);
    expect(await isRevoked({ kid: "k:" }, { kid: "k%3A" })).toBe(false);
    expect(await isRevoked({ jti: "jwt:revoked:kid:k" })).toBe(false);
  });

  test("whose subject stands under something that is no time is revoked", () => {
    const store = createTestLasting().store.of("jwt");
    const query = revocationQuery(store, form, marks);
    expect(isRevokedBy(query, new Map([[query.subjectAt, "soon"]]))).toBe(true);
  });
});

describe("revocations", () => {
  test("are listed, those of other programs too, up to a bound, and can be taken back", async () => {
    const lasting = createTestLasting();
    const store = lasting.store.of("jwt");
    const revocations = createRevocations(store, ["blacklist:{jti}", "gone/{jti}/x"], lasting.now);
    await store.raw.set("blacklist:external", "1");
    const names = [{ jti: "a{}" }, { kid: "k:%" }, { subject: "ada:{x}", before: 5 }];
    for (const name of names) await revocations.revoke(parseRevocation(name, NOW));
    const { revocations: listed, isComplete } = await revocations.list(100);
    expect(isComplete).toBe(true);
    expect(listed).toContainEqual({ kind: "jti", value: "external" });
    expect(listed).toContainEqual({ kind: "jti", value: "a{}" });
    expect(listed).toContainEqual({ kind: "kid", value: "k:%" });
    expect(listed).toContainEqual({ kind: "subject", value: "ada:{x}", before: 5 });
    expect(await store.raw.get("gone/a{}/x")).toBe("1");
    expect(await revocations.list(2)).toMatchObject({ isComplete: false, revocations: { length: 2 } });
    for (const { kind, value, before } of listed) {
      expect(await revocations.restore({ kind, value, ...(before !== undefined && { before }) })).toBe(true);
    }
    expect(await revocations.restore({ kind: "kid", value: "k:%" })).toBe(false);
    expect(await revocations.list(100)).toEqual({ revocations: [], isComplete: true });
  });

  test("end by themselves", async () => {
    const lasting = createTestLasting();
    const store = lasting.store.of("jwt");
    const revocations = createRevocations(store, ["blacklist:{jti}"], lasting.now);
    await revocations.revoke(parseRevocation({ token: `${INPUT}.AAAA` }, NOW));
    lasting.clock.advance(659_999);
    expect((await revocations.list(10)).revocations).toHaveLength(1);
    lasting.clock.advance(1);
    expect((await revocations.list(10)).revocations).toHaveLength(0);
  });
});

test("the keys of a configuration are all that its plugins look for, or the usual one", () => {
  const jwt = (key: string) => ({ jwt: { blacklist: { key } }, other: false, none: {} });
  const config = {
    plugins: jwt("a:{jti}"),
    services: { s: { plugins: jwt("b:{jti}") } },
    routes: [{ plugins: jwt("a:{jti}") }],
  };
  expect(blacklistKeys(config)).toEqual(["a:{jti}", "b:{jti}"]);
  expect(blacklistKeys({ plugins: {}, services: {}, routes: [] })).toEqual(["blacklist:{jti}"]);
});

test.each(["blacklist", "{jti}{jti}", ""])("%p is no form of a key", (form) => {
  expect(() => compileJtiKey(form)).toThrow("expected a key with {jti} once");
});
