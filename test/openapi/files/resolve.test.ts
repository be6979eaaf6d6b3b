import { describe, expect, test } from "bun:test";
import { locationOf, resolveReference, rootOf, shownFile } from "../../../src/openapi/files/resolve.ts";

const SERVICE = rootOf({ path: "/docs/openapi.yaml?v=2", headers: {} });
const ELSEWHERE = rootOf({ url: "https://docs.example.com:8443/a/openapi.json?token=t0p#x", headers: {} });
const FILE = rootOf({ file: "/srv/my docs/users.yaml", headers: {} });

const followed: readonly (readonly [root: string, ref: string, shown: string, fragment: string])[] = [
  [SERVICE, "user.yaml#/User", "/docs/user.yaml", "/User"],
  [SERVICE, "../common/error.json", "/common/error.json", ""],
  [SERVICE, "../../../../error.json#", "/error.json", ""],
  [SERVICE, "/schemas?name=User&x=%2F#/a~1b", "/schemas?name=User&x=%2F", "/a~1b"],
  [SERVICE, "user model.yaml#/User Name", "/docs/user%20model.yaml", "/User%20Name"],
  [ELSEWHERE, "user.json", "https://docs.example.com:8443/a/user.json", ""],
  [ELSEWHERE, "https://docs.example.com:8443/b.json?t=1#/X", "https://docs.example.com:8443/b.json", "/X"],
  [FILE, "schemas/user.yaml#/User", "schemas/user.yaml", "/User"],
  [FILE, "./a%20b.json", "a b.json", ""],
];

const refused: readonly (readonly [root: string, ref: string])[] = [
  [SERVICE, "http://169.254.169.254/latest/meta-data"],
  [SERVICE, "//evil.example/x"],
  [SERVICE, "\\\\evil.example\\x"],
  [SERVICE, "https://service.invalid/x"],
  [SERVICE, "http://a:b@service.invalid/x"],
  [SERVICE, "file:///etc/passwd"],
  [SERVICE, "data:application/json,{}"],
  [SERVICE, "javascript:1"],
  [SERVICE, `/${"x".repeat(3_000)}`],
  [ELSEWHERE, "https://docs.example.com/x"],
  [ELSEWHERE, "http://docs.example.com:8443/x"],
  [ELSEWHERE, "https://docs.example.com.evil.example:8443/x"],
  [FILE, "../other/secret.yaml"],
  [FILE, "/etc/passwd"],
  [FILE, "schemas/../../secret.yaml"],
  [FILE, "schemas/%2e%2e/%2e%2e/secret.yaml"],
  [FILE, "schemas%2f..%2f..%2fsecret.yaml"],
  [FILE, "a%00.yaml"],
  [FILE, "https://example.com/x"],
  [FILE, "file://evil.example/srv/my%20docs/x"],
];

describe("a reference", () => {
  for (const [root, ref, shown, fragment] of followed) {
    test(`${ref} of ${root} leads to ${shown}`, () => {
      const found = resolveReference(ref, root, root);
      if (found.fault !== undefined) throw new Error(found.fault);
      expect([shownFile(found.file, root), found.fragment]).toEqual([shown, fragment]);
    });
  }

  for (const [root, ref] of refused) {
    test(`${ref.slice(0, 60)} of ${root} is not followed`, () => {
      expect(resolveReference(ref, root, root).fault).toBeString();
    });
  }

  test("is relative to its own file, and may lead back to the document", () => {
    const found = resolveReference("../openapi.yaml?v=2#/x", "http://service.invalid/docs/deep/a.yaml", SERVICE);
    expect(found).toEqual({ file: SERVICE, fragment: "/x" });
  });

  test("is asked for as its document is, whatever the path looks like", () => {
    const main = { path: "//docs/openapi.yaml", headers: { "x-key": "k" } };
    const found = resolveReference("user.yaml", rootOf(main), rootOf(main));
    expect(locationOf(found.fault === undefined ? found.file : "", main)).toEqual({
      path: "//docs/user.yaml",
      headers: { "x-key": "k" },
    });
  });
});
