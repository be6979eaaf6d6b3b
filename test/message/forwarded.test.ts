import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { elementStart, forwardedValue, isForwarded, parseElement, trimmedPart } from "../../src/message/forwarded.ts";

describe("parseElement", () => {
  test.each([
    ["for=192.0.2.1", { for: "192.0.2.1", host: undefined, proto: undefined }],
    ["for=192.0.2.43;proto=http;by=203.0.113.43", { for: "192.0.2.43", host: undefined, proto: "http" }],
    ['For="[2001:db8:cafe::17]:4711"', { for: "[2001:db8:cafe::17]:4711", host: undefined, proto: undefined }],
    ['for=_gazonk;host="a.example:80";PROTO=https', { for: "_gazonk", host: "a.example:80", proto: "https" }],
    ['for="a\\"b\\\\c"', { for: 'a"b\\c', host: undefined, proto: undefined }],
    ['for="a;b=c,d"', { for: "a;b=c,d", host: undefined, proto: undefined }],
    ['for="a\\";proto=b"', { for: 'a";proto=b', host: undefined, proto: undefined }],
    ['for=""', { for: "", host: undefined, proto: undefined }],
    [";for=a;;", { for: "a", host: undefined, proto: undefined }],
    ["", { for: undefined, host: undefined, proto: undefined }],
  ])("reads %s", (text, expected) => {
    expect(parseElement(text)).toEqual(expected);
  });

  test.each([
    "for",
    "for=",
    "=a",
    "for =a",
    "for= a",
    "for=a ;proto=http",
    "for=a; proto=http",
    "for=[::1]",
    "for=192.0.2.1:80",
    "for=a;for=b",
    "for=a;FOR=b",
    'for="a',
    'for="a\\',
    'for="a\\"',
    'for="a"b',
    'for="a""b"',
    'for=a"b"',
    "for=a,b",
  ])("refuses %s", (text) => {
    expect(parseElement(text)).toBeUndefined();
  });
});

describe("elementStart", () => {
  test.each([
    ["for=a", "for=a"],
    ["for=a, for=b", " for=b"],
    ['for=a,for="b,c"', 'for="b,c"'],
    ['for=a,for="b\\",c"', 'for="b\\",c"'],
    ['for=a,for="b\\\\"', 'for="b\\\\"'],
    ['for="x, for=b', " for=b"],
    ['for="\\", for="b,c"', ' for="b,c"'],
    [",", ""],
    ["", ""],
  ])("the last element of %s is %p", (value, expected) => {
    expect(value.slice(elementStart(value, value.length))).toBe(expected);
  });

  test("whatever stands in front, the element appended last is found", () => {
    const noise = fc.string({ unit: fc.constantFrom(...'for=ab,; "\\'.split("")) });
    fc.assert(
      fc.property(noise, fc.string(), (front, text) => {
        const appended = `for=${forwardedValue(text)}`;
        const value = `${front},${appended}`;
        expect(value.slice(elementStart(value, value.length))).toBe(appended);
        expect(parseElement(appended)?.for).toBe(text);
      }),
    );
  });
});

test("isForwarded wants every element well-formed", () => {
  expect(isForwarded('for=a, for="[::1]";proto=http , for=c')).toBe(true);
  expect(isForwarded("for=a,,for=b")).toBe(true);
  for (const value of ["nonsense, for=a", 'for="x, for=a', "for=a, for=[::1]", "for=a for=b"]) {
    expect(isForwarded(value)).toBe(false);
  }
});

test("trimmedPart takes off blanks alone", () => {
  expect(trimmedPart("a, \t b \t,c", 2, 8)).toBe("b");
  expect(trimmedPart("\u00a0a\u00a0", 0, 3)).toBe("\u00a0a\u00a0");
  expect(trimmedPart("   ", 0, 3)).toBe("");
});
