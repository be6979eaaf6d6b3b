import { describe, expect, test } from "bun:test";
import { parseTargetUrl } from "../../src/upstream/address.ts";

describe("parseTargetUrl", () => {
  test.each([
    ["http://127.0.0.1:4001", { isTls: false, host: "127.0.0.1", port: 4001, hostHeader: "127.0.0.1:4001" }],
    ["http://users.internal", { isTls: false, host: "users.internal", port: 80, hostHeader: "users.internal" }],
    ["http://users.internal:80", { isTls: false, host: "users.internal", port: 80, hostHeader: "users.internal" }],
    ["https://users.internal", { isTls: true, host: "users.internal", port: 443, hostHeader: "users.internal" }],
    ["https://users.internal:80", { isTls: true, host: "users.internal", port: 80, hostHeader: "users.internal:80" }],
    ["http://users.internal/", { isTls: false, host: "users.internal", port: 80, hostHeader: "users.internal" }],
    [
      "HTTP://Users.Internal:8080",
      { isTls: false, host: "users.internal", port: 8080, hostHeader: "users.internal:8080" },
    ],
    ["http://[::1]:4001", { isTls: false, host: "::1", port: 4001, hostHeader: "[::1]:4001" }],
    ["https://[2001:db8::1]", { isTls: true, host: "2001:db8::1", port: 443, hostHeader: "[2001:db8::1]" }],
  ])("takes %s apart", (url, expected) => {
    expect(parseTargetUrl(url)).toEqual({ url, unixPath: undefined, ...expected });
  });

  test("takes a Unix socket, whose host is nobody's", () => {
    expect(parseTargetUrl("unix:/run/users.sock")).toEqual({
      url: "unix:/run/users.sock",
      isTls: false,
      host: "",
      port: 0,
      unixPath: "/run/users.sock",
      hostHeader: "localhost",
    });
  });

  test.each([
    "",
    "users.internal",
    "users.internal:80",
    "//users.internal",
    "ftp://users.internal",
    "ws://users.internal",
    "unix:run/users.sock",
    "http://",
    "http://users.internal/path",
    "http://users.internal?x=1",
    "http://users.internal#x",
    "http://user@users.internal",
    "http://user:pw@users.internal",
    "http://users.internal:99999",
    "http://[::1",
    "http://a b",
  ])("refuses %p", (url) => {
    expect(parseTargetUrl(url)).toBeUndefined();
  });
});
