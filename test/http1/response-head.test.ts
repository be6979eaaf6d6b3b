import { describe, expect, test } from "bun:test";
import { hasNoBody, parseResponseHead } from "../../src/http1/response-head.ts";
import { refusal } from "./refusal.ts";

const parse = (head: string, maxHeaders = 10) => parseResponseHead(`${head}\r\n\r\n`, maxHeaders);

describe("parseResponseHead", () => {
  test("reads a whole head", () => {
    const { headers, framing, ...rest } = parse(
      "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 5\r\nSet-Cookie: b=2; Expires=Wed, 21 Oct 2065",
    );
    expect(rest).toEqual({ status: 200, reason: "OK", minorVersion: 1 });
    expect(headers.getAll("set-cookie")).toEqual(["a=1", "b=2; Expires=Wed, 21 Oct 2065"]);
    expect(framing.contentLength).toBe(5);
  });

  test.each([
    ["HTTP/1.1 200 OK", 200, "OK", 1],
    ["HTTP/1.0 404 Not Found", 404, "Not Found", 0],
    ["HTTP/1.1 204 ", 204, "", 1],
    ["HTTP/1.1 200", 200, "", 1],
    ["HTTP/1.1 100 Continue", 100, "Continue", 1],
    ["HTTP/1.1 599 x", 599, "x", 1],
    ["HTTP/1.1 200  two  blanks ", 200, " two  blanks ", 1],
    ["HTTP/1.1 200 caf\xe9\t!", 200, "caf\xe9\t!", 1],
  ])("reads %p", (statusLine, status, reason, minorVersion) => {
    expect(parse(statusLine)).toMatchObject({ status, reason, minorVersion });
    expect(parse(`${statusLine}\r\nA: 1`).headers.get("a")).toBe("1");
  });

  test.each([
    "SSH-2.0-OpenSSH_9.2",
    "<html>hello</html>",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 abc OK",
    "HTTP/1.1 +20 OK",
    "HTTP/1.1 2.0 OK",
    "HTTP/1.1 099 OK",
    "HTTP/1.1 000 OK",
    "HTTP/1.1 600 OK",
    "HTTP/1.1 999 OK",
    "HTTP/1.1 200OK",
    "HTTP/1.1 200\tOK",
    "HTTP/1.1  200 OK",
    "HTTP/1.1\t200 OK",
    "HTTP/1.1",
    "HTTP/1.1 ",
    "HTTP/1.1 2",
    "HTTP/2.0 200 OK",
    "HTTP/2 200 OK",
    "HTTP/0.9 200 OK",
    "http/1.1 200 OK",
    "HTTQ/1.1 200 OK",
    "HTTP/1.x 200 OK",
    "HTTP/1.1 200 O\0K",
    "HTTP/1.1 200 O\rK",
    "HTTP/1.1 200 O\nK",
    "HTTP/1.1 200 O\x7fK",
    "",
  ])("refuses %p", (statusLine) => {
    expect(refusal(() => parse(`${statusLine}\r\nA: 1`))).toBe("bad_request");
  });

  test("never takes a status from a line below", () => {
    expect(refusal(() => parse("HTTP/1.1\r\n200: x"))).toBe("bad_request");
    expect(refusal(() => parse("HTTP/1.\r\n 200: x"))).toBe("bad_request");
  });

  test.each([
    ["a line without a colon", "garbage line\r\nContent-Length: 5", "bad_request"],
    ["NUL in a value", "X-A: a\0b", "bad_request"],
    ["a blank before the colon", "X-A : 1", "bad_request"],
    ["a folded line", "X-A: 1\r\n 2", "bad_request"],
    ["two lengths", "Content-Length: 2\r\nContent-Length: 5", "bad_request"],
    ["a length with a sign", "Content-Length: +5", "bad_request"],
    ["a length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked", "bad_request"],
    ["chunked twice", "Transfer-Encoding: chunked, chunked", "bad_request"],
    ["an unknown coding", "Transfer-Encoding: pigeons", "not_implemented"],
    ["too many lines", "a: 1\r\n".repeat(11).trimEnd(), "headers_too_large"],
  ])("refuses %s", (_, fields, code) => {
    expect(refusal(() => parse(`HTTP/1.1 200 OK\r\n${fields}`))).toBe(code);
  });

  test("refuses chunks in HTTP/1.0", () => {
    expect(refusal(() => parse("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked"))).toBe("bad_request");
  });

  test("takes what Connection names away, though close is named as well", () => {
    const { headers, framing } = parse("HTTP/1.1 200 OK\r\nConnection: close, X-Secret\r\nX-Secret: 1");
    expect(headers.has("x-secret")).toBe(false);
    expect(framing.hasClose).toBe(true);
  });
});

describe("hasNoBody", () => {
  test.each([
    [200, "HEAD", true],
    [404, "HEAD", true],
    [204, "GET", true],
    [304, "GET", true],
    [100, "GET", true],
    [101, "GET", true],
    [199, "POST", true],
    [200, "GET", false],
    [200, "head", false],
    [205, "GET", false],
    [203, "POST", false],
    [303, "GET", false],
    [500, "GET", false],
  ])("%p to %s: %p", (status, method, expected) => {
    expect(hasNoBody(status, method)).toBe(expected);
  });
});
