import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GatewayError } from "../../src/errors.ts";
import { canonicalPath } from "../../src/message/path.ts";
import { compileRewrite } from "../../src/routing/rewrite.ts";
import { buildRouter } from "../../src/routing/router.ts";
import { requestFor } from "./request.ts";

interface Settings {
  readonly path?: string;
  readonly "strip-prefix"?: string;
  readonly "add-prefix"?: string;
  readonly rewrite?: string;
}

/** What the service gets for a request that the route takes. */
function rewritten({ path = "/*", ...settings }: Settings, target: string): string {
  const routed = buildRouter([{ path, value: compileRewrite(settings) }]).match(requestFor("GET", target));
  if (routed?.kind !== "match") throw new Error(`${path} does not take ${target}`);
  return routed.value === undefined ? target : routed.value(target, routed.params);
}

describe("strip-prefix and add-prefix", () => {
  test.each<[string | undefined, string | undefined, string, string]>([
    ["/e", undefined, "/e/fin/financial", "/fin/financial"],
    ["/e", undefined, "/e", "/"],
    ["/e", undefined, "/e/", "/"],
    ["/e/", undefined, "/e/x", "/x"],
    ["/e", undefined, "/ex/y", "/ex/y"],
    ["/e", undefined, "/other", "/other"],
    ["/e/f", undefined, "/e/f/g", "/g"],
    ["/", undefined, "//x", "//x"],
    ["/é", undefined, "/%c3%A9/x%2fy", "/x%2fy"],
    ["/%c3%a9", undefined, "/%C3%A9/x", "/x"],
    ["/%65", undefined, "/e/x", "/x"],
    ["/e", undefined, "/e/x//y", "/x//y"],
    [undefined, "/v2", "/users", "/v2/users"],
    [undefined, "/v2/", "/users", "/v2/users"],
    [undefined, "/v2", "/", "/v2/"],
    [undefined, "/v2", "//x", "/v2//x"],
    [undefined, "/my file", "/x", "/my%20file/x"],
    ["/e", "/v2", "/e/users", "/v2/users"],
    ["/e", "/v2", "/e", "/v2"],
    ["/e", "/v2", "/e/", "/v2/"],
    ["/e", "/v2", "/e//x", "/v2//x"],
    ["/e", "/v2", "/other", "/v2/other"],
    ["/e", "/", "/e/x", "/x"],
  ])("strip %p, add %p: %s becomes %s", (strip, add, target, expected) => {
    const settings = {
      ...(strip === undefined ? {} : { "strip-prefix": strip }),
      ...(add === undefined ? {} : { "add-prefix": add }),
    };
    expect(rewritten(settings, target)).toBe(expected);
  });

  // With one slash they would be paths that another route may protect, with two a host's name for whoever takes it so.
  test.each(["/e//admin/x", "/e///admin", "/e////"])("what is left of %s is refused", (target) => {
    expect(() => rewritten({ "strip-prefix": "/e" }, target)).toThrow(GatewayError);
  });

  test("nothing to do is nothing to call", () => {
    expect(compileRewrite({})).toBeUndefined();
    expect(compileRewrite({ "strip-prefix": "/", "add-prefix": "/" })).toBeUndefined();
  });

  test("what comes out of a canonical path is canonical, and below the added prefix", () => {
    const rewrite = compileRewrite({ "strip-prefix": "/e", "add-prefix": "/v2" });
    const parts = fc.array(fc.constantFrom("/", "/", "..", ".", "e", "%2e", "%2f", ";", "a"), { maxLength: 12 });
    fc.assert(
      fc.property(parts, (texts) => {
        const path = canonicalPath(`/e${texts.join("")}`);
        if (path === undefined || rewrite === undefined) return;
        const result = rewrite(path, {});
        expect(canonicalPath(result)).toBe(result);
        expect(`${result}/`).toStartWith("/v2/");
      }),
    );
  });
});

describe("rewrite", () => {
  test.each([
    ["/users/:id", "/v2/people/:id", "/users/5", "/v2/people/5"],
    ["/users/:id", "/v2/:id.json", "/users/5", "/v2/5.json"],
    ["/:a/:b", "/:b/:a/:b", "/x/y", "/y/x/y"],
    ["/users/:id", "/files", "/users/5", "/files"],
    ["/users/*", "/v2/*", "/users/a/b", "/v2/a/b"],
    ["/users/*", "/v2/*", "/users", "/v2/"],
    ["/users/:id/*", "/*/of/:id", "/users/5/x/y", "/x/y/of/5"],
    ["~^/v(\\d)/(?<rest>.*)$", "/$<rest>/$1", "/v2/a/b", "/a/b/2"],
    ["~^/v(\\d)/(?<rest>.*)$", "/:rest", "/v2/a", "/a"],
    ["~^/a(/b)?$", "/x$1", "/a", "/x"],
    ["/users/:id", "/users::id/:id", "/users/5", "/users:id/5"],
    ["~^/(x)$", "/$$1/$1", "/x", "/$1/x"],
    ["/x", "/a:/$/b", "/x", "/a:/$/b"],
    ["/users/:id", "/é/:id", "/users/a%2fb", "/%C3%A9/a%2fb"],
    ["/e/*", "/v2/*", "/e//x", "/v2//x"],
    ["/:id", "/in/:id/end", "/%2f..%2f..%2fadmin", "/in/%2f..%2f..%2fadmin/end"],
  ])("%s as %s: %s becomes %s", (path, rewrite, target, expected) => {
    expect(rewritten({ path, rewrite }, target)).toBe(expected);
  });

  test.each([
    ["a dot segment out of a group", "~^/f/(.*?)-(.*)$", "/in/$1$2/admin", "/f/.-."],
    ["a dot segment out of a group", "~^/f/(.*?)-(.*)$", "/in/$1/admin", "/f/..-x"],
    ["a dot segment with parameters", "~^/f/(.*?)-(.*)$", "/in/$1$2", "/f/..-;x"],
    ["a dot segment out of an empty rest", "/f/*", "/in/..*", "/f"],
    ["an escape that comes together", "~^/f/(%2)(.*)$", "/in/$1e$1e/admin", "/f/%2f"],
    ["half an escape", "~^/f/(%.)", "/in/$1", "/f/%2f"],
    ["two slashes at the start", "/e/*", "/*", "/e//admin/x"],
    ["two slashes out of a group", "~^/re/(?!/?admin)(.*)$", "/$1", "/re///admin"],
  ])("%s is refused", (_name, path, rewrite, target) => {
    const attempt = () => rewritten({ path, rewrite }, target);
    expect(attempt).toThrow(GatewayError);
    expect(attempt).toThrow("the path cannot be rewritten");
  });

  test("never leaves its literal prefix, whatever the groups hold", () => {
    const rewrite = compileRewrite({ rewrite: "/in/$1/$2$3" });
    const text = fc.array(fc.constantFrom("/", ".", "..", "%2", "e", "%2e", ";", "%", "a"), { maxLength: 4 });
    let results = 0;
    fc.assert(
      fc.property(fc.tuple(text, text, text), ([one, two, three]) => {
        try {
          const params = { 1: one.join(""), 2: two.join(""), 3: three.join("") };
          const result = rewrite?.("/", params) ?? "";
          expect(canonicalPath(result)).toBe(result);
          expect(result).toStartWith("/in/");
          results++;
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error;
          expect(error.code).toBe("bad_request");
        }
      }),
      { numRuns: 1000 },
    );
    expect(results).toBeGreaterThan(50);
  });

  test.each(["/a/../b", "/%2e", "/%41", "/a b?", "/x?y=1", "/%zz", "/a\\b", "/..;/:id", "x", "/%:id"])(
    "%s is no template",
    (rewrite) => {
      expect(() => compileRewrite({ rewrite })).toThrow(TypeError);
    },
  );
});
