import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseRegex } from "../../src/routing/regex.ts";

test.each([
  ["^/api/v[12]/", "/api/v"],
  ["^/users$", "/users"],
  ["^/users?$", "/user"],
  ["^/users*", "/user"],
  ["^/users{0,2}", "/user"],
  ["^/users+", "/users"],
  ["^/a.b", "/a"],
  ["^/a\\.b", "/a"],
  ["^/a(b)", "/a"],
  ["^/caf%c3%a9", "/caf%C3%A9"],
  ["^/a|^/b", ""],
  ["/a", ""],
  ["(^/a)?/b", ""],
  ["^", ""],
])("every match of %s begins with %p", (source, prefix) => {
  expect(parseRegex(source).literalPrefix).toBe(prefix);
});

test("the literal prefix never rules out a path that matches", () => {
  const source = fc
    .array(fc.constantFrom("/", "a", "b", "?", "*", "+", "{0}", "|", "(a)", "(?:b|)", "[ab]", ".", "$"), {
      maxLength: 7,
    })
    .map((parts) => `^/${parts.join("")}`);
  const path = fc.array(fc.constantFrom("/", "a", "b"), { maxLength: 5 }).map((parts) => `/${parts.join("")}`);
  let matches = 0;
  fc.assert(
    fc.property(source, fc.array(path, { minLength: 10, maxLength: 10 }), (text, paths) => {
      let pattern: ReturnType<typeof parseRegex>;
      try {
        pattern = parseRegex(text);
      } catch {
        return;
      }
      for (const each of paths) {
        if (!pattern.expression.test(each)) continue;
        if (pattern.literalPrefix !== "") matches++;
        expect(each).toStartWith(pattern.literalPrefix);
      }
    }),
    { numRuns: 3000 },
  );
  expect(matches).toBeGreaterThan(200);
});
