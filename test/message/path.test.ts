import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canonicalPath, matchForm } from "../../src/message/path.ts";

describe("canonicalPath", () => {
  test.each([
    "/",
    "/users",
    "/users/",
    "/a//b",
    "//admin",
    "/.well-known/jwks.json",
    "/a/...",
    "/a/..b/.c",
    "/a;v=1/b",
    "/a/...;x",
    "/a%2fb%2Fc",
    "/a%5cb",
    "/%252e%252e%252f",
    "/caf%c3%a9",
    "/%c0%ae%c0%ae/x",
    "/%0d%0a",
    "/!$&'()*+,:=@[]{}|^\"<>`",
  ])("leaves %s as it is", (path) => {
    expect(canonicalPath(path)).toBe(path);
  });

  test.each([
    ["/public/../admin", "/admin"],
    ["/public/./x", "/public/x"],
    ["/public/%2e%2e/admin", "/admin"],
    ["/public/%2E%2e/admin", "/admin"],
    ["/public/.%2e/admin", "/admin"],
    ["/public/%2e/x", "/public/x"],
    ["/a/b/..", "/a/"],
    ["/a/b/.", "/a/b/"],
    ["/a/..", "/"],
    ["/..", "/"],
    ["/../../x", "/x"],
    ["/a/../../../x/y", "/x/y"],
    ["/a//../b", "/a/b"],
    ["/..//x", "//x"],
    ["/.//x", "//x"],
    ["/%41dmin", "/Admin"],
    ["/%7euser", "/~user"],
    ["/%2Ewell-known", "/.well-known"],
    ["/%2%35", undefined],
    ["/%25%32%65", "/%252e"],
    ["/x%2f%2e%2e/y", "/x%2f../y"],
    ["/%41/%2f/%42", "/A/%2f/B"],
  ])("makes %s into %s", (path, expected) => {
    expect(canonicalPath(path)).toBe(expected as string);
  });

  test.each([
    "",
    "*",
    "users",
    "../x",
    "/a\\b",
    "/a b",
    "/a\0",
    "/a\n",
    "/a\x7f",
    "/a#b",
    "/a?b",
    "/caf\xe9",
    "/caf\u0119",
    "/%00",
    "/a%00b",
    "/%",
    "/%4",
    "/%g0",
    "/%0g",
    "/%\u0130f",
    "/a%2",
    "/public/..;/admin",
    "/public/..;x=1/admin",
    "/public/.;/admin",
    "/public/%2e%2e;/admin",
    "/public/.%2e;x",
    "/public/..;/../x",
  ])("refuses %j", (path) => {
    expect(canonicalPath(path)).toBeUndefined();
  });

  const pieces = ["/", "/", ".", "%2e", "%2E", "%2f", "%5c", "%25", ";", "a", "%41", "%c3", "%", "2", "e", "é", "\\"];
  const paths = fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((parts) => `/${parts.join("")}`);

  test("is a fixed point, has no dot segment and never grows", () => {
    let accepted = 0;
    fc.assert(
      fc.property(paths, (path) => {
        const canonical = canonicalPath(path);
        if (canonical === undefined) return;
        accepted++;
        expect(canonicalPath(canonical)).toBe(canonical);
        expect(canonical.length).toBeLessThanOrEqual(path.length);
        for (const segment of canonical.split("/")) expect(segment).not.toMatch(/^(?:\.|%2e){1,2}(?:;|$)/i);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  test("resolves dots as the URL parser does, but for the escapes that it leaves", () => {
    const plain = fc.array(fc.constantFrom("/", ".", "..", "%2e", "%2E%2e", "a", "%2f"), { maxLength: 20 });
    fc.assert(
      fc.property(plain, (parts) => {
        const path = `/a${parts.join("")}`;
        const parsed = new URL(`http://host${path}`).pathname.replace(/%2e/gi, ".");
        expect(canonicalPath(path)).toBe(parsed);
      }),
      { numRuns: 2000 },
    );
  });

  test("takes a path of dot segments alone, however long", () => {
    expect(canonicalPath(`/x${"/a/..".repeat(100_000)}`)).toBe("/x/");
    expect(canonicalPath("/%2e%2e".repeat(100_000))).toBe("/");
  });
});

describe("matchForm", () => {
  test.each([
    ["/users", "/users"],
    ["/caf%c3%a9", "/caf%C3%A9"],
    ["/a%2fb%2Fc", "/a%2Fb%2Fc"],
    ["/%25ab", "/%25ab"],
    ["/ab%5c", "/ab%5C"],
  ])("of %s is %s", (path, expected) => {
    expect(matchForm(path)).toBe(expected);
  });
});
