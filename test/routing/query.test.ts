import { describe, expect, test } from "bun:test";
import { byteText, queryValue } from "../../src/routing/query.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { requestFor } from "./request.ts";

describe("queryValue", () => {
  test.each([
    ["beta=true", "true"],
    ["a=1&beta=true&b=2", "true"],
    ["beta", ""],
    ["beta=", ""],
    ["a&beta", ""],
    ["beta&a=1", ""],
    ["beta=1&beta=2", "1"],
    ["%62eta=%74rue", "true"],
    ["beta=a+b%20c%2B", "a b c+"],
    ["beta=a=b", "a=b"],
    ["beta=%", "%"],
    ["beta=%zz%4", "%zz%4"],
    ["beta=%ff", "\xff"],
    ["beta=%c3%A9", "\xc3\xa9"],
    ["", undefined],
    ["xbeta=1", undefined],
    ["betax=1", undefined],
    ["Beta=1", undefined],
    ["=beta", undefined],
    ["&&", undefined],
  ])("beta in %s is %p", (query, expected) => {
    expect(queryValue(query, "beta")).toBe(expected as string);
  });

  test("a query of parameters alone, however many, is read once", () => {
    expect(queryValue(`${"&".repeat(500_000)}beta=1`, "beta")).toBe("1");
    expect(queryValue("%ff&".repeat(100_000), "beta")).toBeUndefined();
  });
});

test("byteText is the UTF-8 octets", () => {
  expect(byteText("é€")).toBe("\xc3\xa9\xe2\x82\xac");
});

test("routes compare decoded names and values", () => {
  const router = buildRouter([{ path: "/x", query: { café: "a b" }, value: 1 }]);
  expect(router.match(requestFor("GET", "/x?caf%C3%a9=a+b"))).toMatchObject({ value: 1 });
  expect(router.match(requestFor("GET", "/x?caf%C3%a9=a"))).toBeUndefined();
  expect(router.match(requestFor("GET", "/x"))).toBeUndefined();
});
