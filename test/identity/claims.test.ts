import { describe, expect, test } from "bun:test";
import { readClaim, wordsAt, wordsOf } from "../../src/identity/claims.ts";
import { compileClaimHeaders } from "../../src/identity/forward-claims.ts";
import { HeaderList } from "../../src/message/headers.ts";

describe("a claim", () => {
  const claims = { sub: "ada", "https://example.com/roles": ["a"], realm_access: { roles: ["b"] }, none: null };

  test.each([
    ["sub", "ada"],
    ["https://example.com/roles", ["a"]],
    ["realm_access.roles", ["b"]],
    ["realm_access.roles.length", 1],
    ["none.roles", undefined],
    ["sub.length", undefined],
    ["constructor", undefined],
    ["__proto__.toString", undefined],
  ])("%s is %p", (path, expected) => {
    expect(readClaim(claims, path)).toEqual(expected);
  });

  test("has words as a text or a list, and none otherwise", () => {
    expect(wordsOf(" orders:read  orders:write ")).toEqual(["orders:read", "orders:write"]);
    expect(wordsOf(["a", 1, "", null, "b c"])).toEqual(["a", "b c"]);
    for (const value of [undefined, null, 1, true, { 0: "a" }]) expect(wordsOf(value)).toEqual([]);
  });

  test("words of several are each there once", () => {
    expect(wordsAt({ scope: "a b", scp: ["b", "c"] }, ["scope", "scp"])).toEqual(["a", "b", "c"]);
  });
});

describe("headers of claims", () => {
  const headersOf = (claims: Record<string, unknown>, forward: Record<string, string>) => {
    const headers = new HeaderList();
    compileClaimHeaders(forward).set(headers, { id: "x", source: "jwt", scopes: [], claims });
    return [...headers];
  };

  test.each([
    ["ada", "ada"],
    [7, "7"],
    [true, "true"],
    [["a", "b"], "a,b"],
    [["a,b", "c"], '["a,b","c"]'],
    [{ a: 1 }, '{"a":1}'],
    ["Zoë", "ZoÃ«"],
  ])("%p is %p", (value, expected) => {
    expect(headersOf({ c: value }, { c: "x-c" })).toEqual([["x-c", expected]]);
  });

  test("are not set without a claim", () => {
    expect(headersOf({ none: null }, { none: "x-none", sub: "x-sub" })).toEqual([]);
  });

  test("cannot start another header", () => {
    expect(() => headersOf({ sub: "a\r\nx-admin: 1" }, { sub: "x-sub" })).toThrow(TypeError);
  });

  test("are taken from the client, in other spellings too", () => {
    const names = ["x-user-id", "x_user_id", "x-user_id", "accept"];
    const headers = new HeaderList(names.flatMap((name) => [name, "1"]));
    compileClaimHeaders({ sub: "X-User-Id" }).clear(headers);
    expect(headers.flat).toEqual(["accept", "1"]);
  });

  test.each([
    [{ sub: "host" }, "host is the gateway's own"],
    [{ sub: "connection" }, "connection is the gateway's own"],
    [{ sub: "x y" }, "is no name of a header"],
    [{ sub: "x-user", name: "X_User" }, "two claims have the same header"],
  ])("%p cannot be", (forward, message) => {
    expect(() => compileClaimHeaders(forward as unknown as Record<string, string>)).toThrow(message);
  });
});
