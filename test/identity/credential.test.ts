import { describe, expect, test } from "bun:test";
import { type CredentialPlaces, compileCredential } from "../../src/identity/credential.ts";
import { createContext, type TestRequest } from "../../src/testing/request.ts";

const BEARER: CredentialPlaces = { header: "Authorization", scheme: "Bearer" };

function read(places: CredentialPlaces, request: TestRequest): string | undefined {
  return compileCredential(places).read(createContext(request, undefined, undefined));
}

/** What is left of a request once the credential is removed. */
function rest(places: CredentialPlaces, request: TestRequest) {
  const ctx = createContext(request, undefined, undefined);
  compileCredential(places).remove(ctx);
  return { headers: [...ctx.request.headers].filter(([name]) => name !== "host"), query: ctx.upstreamQuery };
}

describe("a credential in a header", () => {
  test.each([
    ["Bearer abc", "abc"],
    ["bearer abc", "abc"],
    ["BEARER   abc", "abc"],
    ["Bearer a b", "a b"],
    ["Bearer", ""],
    ["Basic abc", undefined],
    ["Bearerabc", undefined],
    ["Bear", undefined],
    ["Bearer\tabc", undefined],
  ])("%p is %p", (authorization, expected) => {
    expect(read(BEARER, { headers: { authorization } })).toBe(expected as string);
  });

  test("without a scheme is the whole value", () => {
    expect(read({ header: "x-api-key" }, { headers: { "x-api-key": "Bearer abc" } })).toBe("Bearer abc");
  });

  test("twice is refused, whatever the two are", () => {
    const headers = [
      ["authorization", "Bearer abc"],
      ["authorization", "Basic abc"],
    ] as const;
    expect(() => read(BEARER, { headers })).toThrow("There are credentials in two authorization headers");
  });
});

describe("a header that a service may take for the credential's", () => {
  test.each([
    ["x-api-key", "X_Api_Key"],
    ["x-api-key", "x-api_key"],
    ["x_api_key", "x-api-key"],
  ])("is refused, beside it and without it: %s and %s", (header, other) => {
    for (const headers of [
      [[other, "forged"]],
      [
        [header, "mine"],
        [other, "forged"],
      ],
    ] as const) {
      expect(() => read({ header }, { headers })).toThrow(`in a header that may be taken for ${header}`);
    }
  });

  test("is not one that is longer, or has no dash", () => {
    expect(read({ header: "x-api-key" }, { headers: { "x-api-key": "a", "x-api-key_": "b", xapikey: "c" } })).toBe("a");
    expect(read(BEARER, { headers: { authorization: "Bearer a", author_zation: "b" } })).toBe("a");
  });
});

describe("a credential in a cookie", () => {
  test.each([
    ["a=1; session=abc; b=2", "abc"],
    ['session="abc"', "abc"],
    ["session=a=b", "a=b"],
    ["Session=abc; xsession=abc", undefined],
    ["session", undefined],
  ])("%p is %p", (cookie, expected) => {
    expect(read({ cookie: "session" }, { headers: { cookie } })).toBe(expected as string);
  });

  test("twice is refused, over several lines too", () => {
    const headers = [
      ["cookie", "session=a"],
      ["cookie", "x=1; session=b"],
    ] as const;
    expect(() => read({ cookie: "session" }, { headers })).toThrow("two cookies session");
  });

  test("is taken out, the others stay as they are", () => {
    const headers = [
      ["cookie", "a=1; session=abc; b=2"],
      ["cookie", "session=abc"],
    ] as const;
    expect(rest({ cookie: "session" }, { headers }).headers).toEqual([["cookie", "a=1; b=2"]]);
  });
});

describe("a credential in the query", () => {
  test.each([
    ["/?token=abc&b=2", "abc"],
    ["/?%74oken=a%2Eb", "a.b"],
    ["/?token", ""],
    ["/?Token=abc", undefined],
    ["/?token=%zz", "%zz"],
    ["/", undefined],
  ])("of %p is %p", (path, expected) => {
    expect(read({ query: "token" }, { path })).toBe(expected as string);
  });

  test("twice is refused, under another spelling of its name too", () => {
    expect(() => read({ query: "token" }, { path: "/?token=a&t%6fken=b" })).toThrow("two query parameters token");
  });

  test("is taken out of what the service gets", () => {
    expect(rest({ query: "token" }, { path: "/?a=%20&t%6fken=b&c" }).query).toBe("a=%20&c");
    expect(rest({ query: "token" }, { path: "/?token=b" }).query).toBeUndefined();
    expect(rest({ query: "token" }, { path: "/" }).query).toBeUndefined();
  });
});

describe("a credential that may be in several places", () => {
  const places = { ...BEARER, cookie: "session" };

  test("is found in any", () => {
    expect(read(places, { headers: { authorization: "Basic x", cookie: "session=abc" } })).toBe("abc");
  });

  test("is refused in two", () => {
    const headers = { authorization: "Bearer abc", cookie: "session=abc" };
    expect(() => read(places, { headers })).toThrow("There are credentials in two places");
  });

  test("is taken out of all", () => {
    const headers = { authorization: "Bearer abc", cookie: "session=abc", accept: "*/*" };
    expect(rest(places, { headers }).headers).toEqual([["accept", "*/*"]]);
  });
});

test("a place to look in is needed", () => {
  expect(() => compileCredential({ scheme: "Bearer" })).toThrow("expected a header, cookie or query parameter");
});
