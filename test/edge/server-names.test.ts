import { expect, test } from "bun:test";
import { ServerNames } from "../../src/edge/server-names.ts";

const names = new ServerNames([
  { names: ["example.com", "*.example.com"], value: "wildcard" },
  { names: ["api.example.com", "example.com"], value: "api" },
  { names: ["*.api.example.com", "localhost"], value: "deep" },
]);

test.each([
  ["api.example.com", "api"],
  ["www.example.com", "wildcard"],
  ["WWW.Example.COM", "wildcard"],
  ["example.com", "wildcard"],
  ["v1.api.example.com", "deep"],
  ["localhost", "deep"],
  ["a.b.example.com", undefined],
  ["notexample.com", undefined],
  ["*.example.com", undefined],
  ["__proto__", undefined],
  ["", undefined],
])("finds %p: %p", (asked, expected) => {
  expect(names.find(asked)).toBe(expected as string);
});
