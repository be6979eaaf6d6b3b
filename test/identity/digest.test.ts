import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createKey, hashOf, idOf, randomSeed } from "../../src/identity/api-key/key-text.ts";
import { judge, parseRecord } from "../../src/identity/api-key/record.ts";
import { createKeyedHash, isSameSecret, sha256 } from "../../src/identity/digest.ts";

test("SHA-256 is that of the standard", () => {
  expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("secrets are compared by the function that takes the same time for all", () => {
  expect([
    isSameSecret("abc", "abc"),
    isSameSecret("abc", "abd"),
    isSameSecret("abc", "abcd"),
    isSameSecret("é", "e"),
  ]).toEqual([true, false, false, false]);
  const text = readFileSync(new URL("../../src/identity/digest.ts", import.meta.url), "utf8");
  expect(text).toContain("timingSafeEqual(left, right)");
  expect(readFileSync(new URL("../../src/identity/api-key/record.ts", import.meta.url), "utf8")).not.toMatch(
    /hash\s*[!=]==\s*\w*hash/i,
  );
});

test("a keyed hash tells parts apart, and is another in each process", () => {
  const keyOf = createKeyedHash();
  expect(keyOf("a", "bc")).not.toBe(keyOf("ab", "c"));
  expect(keyOf("a", "1:b")).not.toBe(keyOf("a1:b"));
  expect(keyOf("a", "b")).toBe(keyOf("a", "b"));
  expect(createKeyedHash()("a", "b")).not.toBe(keyOf("a", "b"));
});

test("keys have the form that is told, and are all different", () => {
  const keys = Array.from({ length: 1_000 }, () => createKey());
  for (const { id, text, hash } of keys) {
    expect(text).toMatch(/^slk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    expect([idOf(text), hashOf(text)]).toEqual([id, hash]);
  }
  expect(new Set(keys.map(({ id }) => id)).size).toBe(1_000);
  const seed = randomSeed();
  expect(createKey({ seed })).toEqual(createKey({ seed }));
  expect(createKey({ seed, id: "0123456789abcdef" }).text.slice(21)).not.toBe(createKey({ seed }).text.slice(21));
});

test("a record is judged by the hash first: only who has the secret learns more", () => {
  const { id, hash } = createKey();
  const record = { id, hash, scopes: [], metadata: {}, revokedAt: 1, expiresAt: 1 };
  expect(judge(record, hash, 2)).toBe("revoked");
  expect(judge(record, createKey().hash, 2)).toBe("unknown");
  expect(judge({ ...record, revokedAt: undefined }, hash, 1)).toBe("expired");
  expect(judge({ ...record, revokedAt: undefined }, hash, 0)).toBe("valid");
});

test.each([
  ["nothing", ""],
  ["no JSON", "{"],
  ["null", "null"],
  ["no hash", '{"id":"a","scopes":[],"metadata":{}}'],
  ["scopes that are none", '{"id":"a","hash":"b","scopes":"all","metadata":{}}'],
  ["an end that is no number", '{"id":"a","hash":"b","scopes":[],"metadata":{},"expiresAt":"never"}'],
  ["an owner that is no text", '{"id":"a","hash":"b","scopes":[],"metadata":{},"owner":{}}'],
])("a record that is %s is none", (_, text) => {
  expect(parseRecord(text)).toBeUndefined();
});
