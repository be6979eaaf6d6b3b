import { expect, test } from "bun:test";
import { routeName } from "../../src/routing/route-name.ts";

test.each([
  [{ path: "/a/*" }, "/a/*"],
  [{ path: "/a", methods: ["GET", "HEAD"], host: "x.test" }, "GET,HEAD x.test/a"],
  [{ path: "/a", headers: { "x-version": "2" }, query: { beta: "true" } }, "/a [header:x-version=2 query:beta=true]"],
])("a route without a name is called by all that it takes requests by: %j", (route, name) => {
  expect(routeName(route)).toBe(name);
});
