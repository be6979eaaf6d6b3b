import { describe, expect, test } from "bun:test";
import { hashKeyReader } from "../../../src/upstream/balance/hash-key.ts";
import { contextOf } from "./support.ts";

describe("hashKeyReader", () => {
  test("ip is the client's address, not the proxy's", () => {
    expect(hashKeyReader("ip")(contextOf({ clientAddress: "203.0.113.9" }))).toBe("203.0.113.9");
  });

  test("principal", () => {
    expect(hashKeyReader("principal")(contextOf({ principal: "alice" }))).toBe("alice");
    expect(hashKeyReader("principal")(contextOf())).toBeUndefined();
  });

  test("header, in any case", () => {
    const read = hashKeyReader({ header: "X-Tenant" });
    expect(read(contextOf({ headers: { "x-tenant": "acme" } }))).toBe("acme");
    expect(read(contextOf())).toBeUndefined();
  });

  test("nothing to hash on", () => {
    expect(hashKeyReader(undefined)(contextOf())).toBeUndefined();
  });

  test.each([
    ["sid=1", "1"],
    ["a=b; sid=1; c=d", "1"],
    ["xsid=0; sid=1", "1"],
    ["sid0=0;sid=1", "1"],
    ["sid=1; sid=2", "1"],
    ["sid=a=b", "a=b"],
    ['sid="q"', '"q"'],
    ["sid=", ""],
    ["x=sid=1", undefined],
    ["sid", undefined],
    ["SID=1", undefined],
    ["", undefined],
  ])("cookie %p is %p", (cookie, expected) => {
    expect(hashKeyReader({ cookie: "sid" })(contextOf({ headers: { cookie } }))).toBe(expected);
  });

  test("a cookie is found in any of several lines", () => {
    const ctx = contextOf({
      headers: [
        ["cookie", "a=b"],
        ["cookie", "sid=1"],
      ],
    });
    expect(hashKeyReader({ cookie: "sid" })(ctx)).toBe("1");
    expect(hashKeyReader({ cookie: "none" })(ctx)).toBeUndefined();
  });

  test.each([
    ["user=1", "1"],
    ["a=b&user=1&c=d", "1"],
    ["xuser=0&user=1", "1"],
    ["user=1&user=2", "1"],
    ["user=a%20b", "a b"],
    ["user=a+b", "a b"],
    ["%75ser=1", "1"],
    ["user=", ""],
    ["x=user=1", undefined],
    ["user", undefined],
    ["x=%20", undefined],
    ["", undefined],
  ])("query %p is %p", (query, expected) => {
    expect(hashKeyReader({ query: "user" })(contextOf({ query }))).toBe(expected);
  });

  test("a name with a separator is found only where it is escaped", () => {
    const read = hashKeyReader({ query: "a&b" });
    expect(read(contextOf({ query: "a&b=1" }))).toBeUndefined();
    expect(read(contextOf({ query: "a%26b=1" }))).toBe("1");
  });

  test("no query", () => {
    expect(hashKeyReader({ query: "user" })(contextOf())).toBeUndefined();
  });
});
