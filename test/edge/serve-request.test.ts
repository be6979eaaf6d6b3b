import { describe, expect, test } from "bun:test";
import { readWebHead } from "../../src/edge/serve-request.ts";

const LIMITS = { headerBytes: 300, headerCount: 5, targetBytes: 50 };

/** A request as Bun's server hands it over: its `url` is not always one. */
function requestOf(url: string, fields: Readonly<Record<string, string>> = { host: "a.example" }, method = "GET") {
  return { method, url, headers: new Headers(fields) } as Request;
}

const read = (...args: Parameters<typeof requestOf>) => readWebHead(requestOf(...args), LIMITS);

describe("the target", () => {
  test.each([
    ["https://a.example/x?y=/../z", "/x", "y=/../z"],
    ["https://a.example//x//", "//x//", undefined],
    ["https://a.example/x?", "/x", ""],
    ["https://a.example/%7Ex/%2e%2e/y", "/y", undefined],
    ["https://a.example/?u=http://b.example/z", "/", "u=http://b.example/z"],
    ["/x?u=http://b.example/z", "/x", "u=http://b.example/z"],
  ])("of %s is %s, its query %s", (url, path, query) => {
    expect(read(url)).toMatchObject({ method: "GET", host: "a.example", path, query });
  });

  test("* is for OPTIONS alone", () => {
    expect(read("*", { host: "a" }, "OPTIONS").path).toBe("*");
    expect(() => read("*")).toThrow("for OPTIONS alone");
  });

  test.each([
    ["https://b.example/x", "another host"],
    ["https://a.example.b.example/x", "another host"],
    ["https://a.example:8443/x", "another host"],
    ["https://user@a.example/x", "another host"],
    ["https://a.example", "invalid request target"],
    ["https://a.example/x#y", "invalid character"],
    ["https://a.example/%00", "invalid path"],
    ["https://a.example/..;/x", "invalid path"],
    ["ftp://a.example/x", "invalid request target"],
    ["x", "invalid request target"],
    [`https://a.example/${"x".repeat(50)}`, "too long"],
  ])("%s is refused: %s", (url, message) => {
    expect(() => read(url)).toThrow(message);
  });

  test("CONNECT is refused", () => {
    expect(() => read("https://a.example/x", { host: "a.example" }, "CONNECT")).toThrow("no tunnel");
  });
});

describe("the host", () => {
  test.each([
    ["https://a.example/x", "A.Example:443", "a.example:443"],
    ["http://a.example/x", "a.example:80", "a.example:80"],
    ["https://a.example:80/x", "a.example:80", "a.example:80"],
    ["https://127.0.0.1/x", "0x7f.1", "0x7f.1"],
    ["https://[::1]/x", "[0:0:0:0:0:0:0:1]", "[0:0:0:0:0:0:0:1]"],
  ])("of %s is what the client has written, %s", (url, written, host) => {
    expect(read(url, { host: written }).host).toBe(host);
  });

  test.each(["a.example/b", "a.example?b", "a b", "a.example, b.example", "user@a.example", "a.example:99999", ""])(
    "may not be %p",
    (host) => {
      expect(() => read("/x", { host })).toThrow("host");
    },
  );

  test("may not be missing", () => {
    expect(() => read("/x", {})).toThrow("no Host");
  });
});

describe("fields", () => {
  test("are those of the request, cookies as one", () => {
    const { headers, framing } = read("/x", { host: "a", cookie: "a=1; b=2", "content-length": "5" });
    expect(headers.get("cookie")).toBe("a=1; b=2");
    expect(framing.contentLength).toBe(5);
  });

  test.each(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"])(
    "%s does not exist",
    (name) => {
      expect(() => read("/x", { host: "a", [name]: "x" })).toThrow("does not exist");
    },
  );

  test("have bounds, and each counts for more than its octets", () => {
    expect(() => read("/x", { host: "a", "x-a": "x".repeat(300) })).toThrow("too large");
    const many = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`x-${index}`, ""]));
    expect(() => read("/x", { host: "a", ...many })).toThrow("too large");
    expect(() => read("/x", { host: "a", "content-length": "5, 5" })).toThrow("Content-Length");
  });
});
