import { expect, test } from "bun:test";
import { didYouMean, nearestName } from "../../src/config/nearest.ts";

test.each([
  ["usres", ["orders", "users"], "users"],
  ["rate-limt", ["rate-limit", "respond"], "rate-limit"],
  ["prot", ["host", "port"], "port"],
  ["USERS", ["users"], "users"],
  ["cooky", ["header", "cookie"], "cookie"],
  ["users", ["orders", "catalog"], undefined],
  ["om", ["on"], undefined],
  ["x", [], undefined],
])("nearestName of %s", (name, known, expected) => {
  expect(nearestName(name, known)).toBe(expected);
});

test("the closest wins, the first of equals", () => {
  expect(nearestName("user", ["userss", "users"])).toBe("users");
  expect(nearestName("usera", ["userb", "userc"])).toBe("userb");
});

test("didYouMean is a question or nothing", () => {
  expect(didYouMean("usres", ["users"])).toBe('did you mean "users"?');
  expect(didYouMean("something", ["users"])).toBeUndefined();
});
