import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compileKey } from "../../src/keys/compile.ts";
import type { KeySpec } from "../../src/keys/schema.ts";
import { createContext, type TestRequest } from "../../src/testing/request.ts";

function keyOf(spec: KeySpec, request: TestRequest, ipv6Prefix?: number): string {
  const place = { route: { name: "orders:all" }, service: "shop", ...(ipv6Prefix === undefined ? {} : { ipv6Prefix }) };
  return compileKey(spec, place)(createContext(request, undefined, undefined));
}

const from = (address: string): TestRequest => ({ peer: { address } });
const alice = { id: "alice", source: "jwt", scopes: [], claims: {} };

describe("a key by address", () => {
  test.each([
    ["192.0.2.1", 64, "ip:192.0.2.1"],
    ["::ffff:192.0.2.1", 64, "ip:192.0.2.1"],
    ["2001:db8:0:1:2:3:4:5", 64, "ip:20010db800000001/64"],
    ["2001:db8:0:1::", 64, "ip:20010db800000001/64"],
    ["2001:db8:ffff::1", 36, "ip:20010db8f0000000/36"],
    ["2001:db8::1", 1, "ip:00000000/1"],
    ["2001:db8::1", 128, "ip:20010db8000000000000000000000001"],
    ["no:address", 64, "ip:no%3Aaddress"],
  ])("of %s with /%d is %s", (address, bits, key) => {
    expect(keyOf("ip", from(address), bits)).toBe(key);
  });
});

describe("a key by principal", () => {
  test("has who vouches for it, and is the address without one", () => {
    expect(keyOf("principal", { principal: alice })).toBe("principal:jwt:alice");
    expect(keyOf("principal", from("192.0.2.1"))).toBe("ip:192.0.2.1");
  });

  test("of one plugin is never that of another, whatever its id", () => {
    const other = { ...alice, source: "jwt:a", id: "lice" };
    expect(keyOf("principal", { principal: other })).not.toBe(
      keyOf("principal", { principal: { ...alice, id: "a:lice" } }),
    );
  });
});

describe("a key by what the client says", () => {
  test.each<[KeySpec, TestRequest, string]>([
    ["header:X-Tenant", { headers: { "x-tenant": "a:b" } }, "header:a%3Ab"],
    ["header:x-tenant", {}, "header:"],
    ["query:user", { path: "/?x=1&%75ser=a%20b" }, "query:a b"],
    ["query:user", { path: "/" }, "query:"],
    ["route", {}, "route:orders%3Aall"],
    ["service", {}, "service:shop"],
    ["global", {}, "global"],
    [["route", "header:x-tenant"], { headers: { "x-tenant": "t" } }, "route:orders%3Aall:header:t"],
  ])("%p is its value", (spec, request, key) => {
    expect(keyOf(spec, request)).toBe(key);
  });

  test("has no secret and no long value in it", () => {
    const secret = "s3cr3t";
    for (const [spec, request] of [
      ["header:authorization", { headers: { authorization: secret } }],
      ["header:x-api-key", { headers: { "x-api-key": secret } }],
      ["query:access_token", { path: `/?access_token=${secret}` }],
      ["cookie:sid", { headers: { cookie: `a=1; sid=${secret}` } }],
    ] satisfies [string, TestRequest][]) {
      const key = keyOf(spec, request);
      expect(key).not.toContain(secret);
      expect(key).toMatch(/:%~[\w-]{43}$/);
    }
    expect(keyOf("header:x", { headers: { x: "y".repeat(5_000) } })).toHaveLength(52);
  });

  test.each([
    ["sid=1", "1"],
    ["a=sid; sid=1", "1"],
    ["xsid=2;sid=1; sid=3", "1"],
    ["a=1;\tsid = 2; sid=1", "1"],
  ])("finds the cookie in %p", (cookie, value) => {
    const found = keyOf("cookie:sid", { headers: { cookie } });
    expect(found).toBe(keyOf("cookie:sid", { headers: { cookie: `sid=${value}` } }));
    expect(found).not.toBe(keyOf("cookie:sid", {}));
  });
});

test("keys of different parts are different", () => {
  const text = fc.string({ unit: fc.constantFrom("a", ":", "%", "{", "}", "~", "2", "5"), maxLength: 6 });
  const pair = fc.tuple(text, text);
  const key = ([a, b]: readonly [string, string]) =>
    keyOf(["header:x-a", "header:x-b"], { headers: { "x-a": a, "x-b": b } });
  fc.assert(
    fc.property(pair, pair, (one, other) => {
      expect(key(one) === key(other)).toBe(one[0] === other[0] && one[1] === other[1]);
    }),
  );
  expect(key(["a:b", "c"])).not.toBe(key(["a", "b:c"]));
});
