import { describe, expect, test } from "bun:test";
import { parseAuthority, parseTarget } from "../../src/http1/target.ts";
import { refusal } from "./refusal.ts";

describe("parseTarget", () => {
  test.each([
    ["/", { authority: undefined, path: "/", query: undefined }],
    ["/users/1", { authority: undefined, path: "/users/1", query: undefined }],
    ["/users?", { authority: undefined, path: "/users", query: "" }],
    ["/users?a=1&b=2", { authority: undefined, path: "/users", query: "a=1&b=2" }],
    ["/a?b?c", { authority: undefined, path: "/a", query: "b?c" }],
    ["/?/../x", { authority: undefined, path: "/", query: "/../x" }],
    ["/a?q=%zz\\\"<>{}|^`'", { authority: undefined, path: "/a", query: "q=%zz\\\"<>{}|^`'" }],
    ["/a/../b?x", { authority: undefined, path: "/b", query: "x" }],
    ["/%41", { authority: undefined, path: "/A", query: undefined }],
    ["/a%0d%0aX-Injected:%201", { authority: undefined, path: "/a%0d%0aX-Injected:%201", query: undefined }],
    ["//a.example/x", { authority: undefined, path: "//a.example/x", query: undefined }],
  ])("splits %s", (target, expected) => {
    expect(parseTarget("GET", target)).toEqual(expected);
  });

  test.each([
    ["http://a.example/x?y", { authority: "a.example", path: "/x", query: "y" }],
    ["HTTP://A.Example:8080/X", { authority: "a.example:8080", path: "/X", query: undefined }],
    ["https://a.example", { authority: "a.example", path: "/", query: undefined }],
    ["http://a.example?x=1", { authority: "a.example", path: "/", query: "x=1" }],
    ["http://[::1]:80/", { authority: "[::1]:80", path: "/", query: undefined }],
    ["http://a.example/x/../y", { authority: "a.example", path: "/y", query: undefined }],
    ["http://a.example/http://b.example/", { authority: "a.example", path: "/http://b.example/", query: undefined }],
  ])("takes the absolute form %s apart", (target, expected) => {
    expect(parseTarget("GET", target)).toEqual(expected);
  });

  test.each([
    ["nothing", ""],
    ["a relative path", "../../../etc/passwd"],
    ["none of the four forms", "!"],
    ["an authority", "a.example:443"],
    ["a blank", "/a b"],
    ["a fragment", "/a#b"],
    ["a fragment in the query", "/a?b#c"],
    ["NUL", "/a\0b"],
    ["NUL in the query", "/a?\0"],
    ["a tab", "/a\tb"],
    ["CR", "/a\rb"],
    ["LF at the end", "/a\n"],
    ["an octet above ASCII", "/caf\xe9"],
    ["a backslash", "/a\\b"],
    ["an escape that is none", "/%zz"],
    ["an escape of NUL", "/a%00.html"],
    ["a dot segment with parameters", "/public/..;/admin"],
    ["user information", "http://user:pw@a.example/"],
    ["an absolute form without a host", "http:///x"],
    ["an absolute form with nothing", "http://"],
    ["an absolute form with a bad port", "http://a.example:x/"],
    ["another scheme", "ftp://a.example/"],
    ["a scheme without slashes", "http:a.example"],
    ["a backslash behind the host", "http://a.example\\@b.example/"],
    ["an asterisk", "*"],
    ["an asterisk and more", "*/x"],
  ])("refuses %s", (_, target) => {
    expect(refusal(() => parseTarget("GET", target))).toBe("bad_request");
  });

  test("takes an asterisk from OPTIONS alone", () => {
    expect(parseTarget("OPTIONS", "*")).toEqual({ authority: undefined, path: "*", query: undefined });
    expect(refusal(() => parseTarget("options", "*"))).toBe("bad_request");
    expect(refusal(() => parseTarget("OPTIONS", "*?x"))).toBe("bad_request");
  });

  test.each(["a.example:443", "a.example:", "/", "*", "http://a.example/"])("refuses CONNECT %s", (target) => {
    expect(refusal(() => parseTarget("CONNECT", target))).toBe("not_implemented");
  });
});

describe("parseAuthority", () => {
  test.each([
    ["a.example", "a.example"],
    ["A.EXAMPLE:8080", "a.example:8080"],
    ["a.example.", "a.example."],
    ["localhost:", "localhost:"],
    ["localhost:65535", "localhost:65535"],
    ["localhost:00080", "localhost:00080"],
    ["127.0.0.1:80", "127.0.0.1:80"],
    ["[::1]", "[::1]"],
    ["[2001:DB8::1]:443", "[2001:db8::1]:443"],
    ["[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"],
    ["a_b-c~d.example", "a_b-c~d.example"],
    ["caf%C3%A9", "caf%c3%a9"],
  ])("reads %p as %p", (value, expected) => {
    expect(parseAuthority(value)).toBe(expected);
    expect(parseAuthority(value)).toBe(expected);
  });

  test.each([
    "",
    ":80",
    "a.example/p",
    "user@a.example",
    "user:pw@a.example",
    "a.example, b.example",
    "a.example b.example",
    "localhost:80a",
    "localhost:-1",
    "localhost:65536",
    "localhost:99999",
    "localhost:123456",
    "localhost:80:80",
    "[::1",
    "::1",
    "[::1]x",
    "[::1]80",
    "[::1]:65536",
    "[]",
    "[fe80::1%25eth0]",
    "[g::1]",
    "a.example?x=1",
    "a.example#x",
    "a\\b",
    "a\0.b",
    "a.example\n",
    "caf\xe9",
    "a%zz",
    "a%2",
    "<a>",
  ])("refuses %p", (value) => {
    expect(refusal(() => parseAuthority(value))).toBe("bad_request");
  });

  test("a value that was refused does not become the one that is remembered", () => {
    expect(parseAuthority("good.example")).toBe("good.example");
    expect(refusal(() => parseAuthority("bad example"))).toBe("bad_request");
    expect(refusal(() => parseAuthority("bad example"))).toBe("bad_request");
    expect(parseAuthority("good.example")).toBe("good.example");
    expect(parseAuthority("Other.example")).toBe("other.example");
  });
});
