import { describe, expect, test } from "bun:test";
import { type HeadLimits, parseRequestHead } from "../../src/http1/request-head.ts";
import { refusal } from "./refusal.ts";

const limits: HeadLimits = { headerBytes: 1_000, headerCount: 5, targetBytes: 20 };
const parse = (head: string) => parseRequestHead(`${head}\r\n\r\n`, limits);
const line = (requestLine: string) => parse(`${requestLine}\r\nHost: a`);

describe("parseRequestHead", () => {
  test("reads a whole head", () => {
    const head = parse("POST /Users?x=1 HTTP/1.1\r\nHost: A.example:80\r\nX-A: 1\r\nContent-Length: 5\r\nx-a: 2");
    const { headers, framing, ...rest } = head;
    expect(rest).toEqual({ method: "POST", path: "/Users", query: "x=1", minorVersion: 1, host: "a.example:80" });
    expect([...headers]).toEqual([
      ["host", "A.example:80"],
      ["x-a", "1"],
      ["content-length", "5"],
      ["x-a", "2"],
    ]);
    expect(framing).toMatchObject({ contentLength: 5, isChunked: false, hasClose: false });
  });

  test("takes fields away that Connection names", () => {
    const { headers } = parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: X-A\r\nX-A: 1");
    expect(headers.has("x-a")).toBe(false);
  });

  test.each(["GET", "M-SEARCH", "X", "!#$%&'*+-.^_`|~09"])("takes the method %s", (method) => {
    expect(line(`${method} / HTTP/1.1`).method).toBe(method);
  });

  test.each(["get", "Get", "GEt", 'G=":<>(e),[T];?"', "\0GET", "G\x7f", "G\xe9T", "GET\t"])(
    "refuses the method %p",
    (method) => {
      expect(refusal(() => line(`${method} / HTTP/1.1`))).toBe("bad_request");
    },
  );

  test.each([
    ["tabs for blanks", "GET\t/\tHTTP/1.1"],
    ["a blank in the target", "GET /a b HTTP/1.1"],
    ["a blank behind the version", "GET / HTTP/1.1 "],
    ["a fourth word", "GET / HTTP/1.1 xxxxxx"],
    ["an empty target", "GET  HTTP/1.1"],
    ["two blanks before the target", "GET  / HTTP/1.1"],
    ["two blanks before the version", "GET /  HTTP/1.1"],
    ["a blank before the method", " GET / HTTP/1.1"],
    ["no version", "GET /"],
    ["no target", "GET"],
    ["nothing", ""],
    ["a bare LF at its end", "GET / HTTP/1.1\nX: y"],
    ["a bare CR at its end", "GET / HTTP/1.1\rX: y"],
    ["CR for every line end", "GET / HTTP/1.1\rHost: a\r\r"],
    ["TLS", "\x16\x03\x01\x00.\x01\x00\x00*\x03\x03"],
    ["a word", "INVALID"],
  ])("refuses a request line with %s", (_, requestLine) => {
    expect(refusal(() => line(requestLine))).toBe("bad_request");
  });

  test("refuses a head without a field line whose request line takes its blanks from there", () => {
    expect(refusal(() => parse("GET\r\nHost: a b"))).toBe("bad_request");
    expect(refusal(() => parse("GET /\r\nHost: a HTTP/1.1"))).toBe("bad_request");
  });

  test.each([
    ["HTTP/1.0", 0],
    ["HTTP/1.1", 1],
    ["HTTP/1.2", 1],
    ["HTTP/1.9", 1],
  ])("reads %s", (version, minorVersion) => {
    expect(line(`GET / ${version}`).minorVersion).toBe(minorVersion);
  });

  test.each([
    ["HTTP/0.9", "version_not_supported"],
    ["HTTP/2.0", "version_not_supported"],
    ["HTTP/9.9", "version_not_supported"],
    ["http/1.1", "bad_request"],
    ["HTTP/1", "bad_request"],
    ["HTTP/1.", "bad_request"],
    ["HTTP/1.10", "bad_request"],
    ["HTTP/11.1", "bad_request"],
    ["HTTP/+1.1", "bad_request"],
    ["HTTP/1.1x", "bad_request"],
    ["HTTP/ 1.1", "bad_request"],
    ["HTTP/1,1", "bad_request"],
    ["ICE/1.0", "bad_request"],
    ["", "bad_request"],
  ])("refuses %p: %s", (version, code) => {
    expect(refusal(() => line(`GET / ${version}`))).toBe(code);
  });

  test("the preface of HTTP/2 is a version that is not served", () => {
    expect(refusal(() => parse("PRI * HTTP/2.0"))).toBe("version_not_supported");
  });

  test.each([
    ["a target one byte too long", `GET /${"a".repeat(20)} HTTP/1.1\r\nHost: a`, "uri_too_long"],
    ["one header line too many", `GET / HTTP/1.1\r\nHost: a${"\r\nx: y".repeat(5)}`, "headers_too_large"],
    ["no Host", "GET / HTTP/1.1\r\nX: y", "bad_request"],
    ["no Host with an absolute form", "GET http://a/ HTTP/1.1", "bad_request"],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a", "bad_request"],
    ["an empty Host", "GET / HTTP/1.1\r\nHost:", "bad_request"],
    ["an empty Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost:", "bad_request"],
    ["a bad Host", "GET / HTTP/1.1\r\nHost: a/b", "bad_request"],
    ["a bad Host with an absolute form", "GET http://a/ HTTP/1.1\r\nHost: a b", "bad_request"],
    ["a blank behind Host", "GET / HTTP/1.1\r\nHost : a", "bad_request"],
    ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443", "not_implemented"],
    ["Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked", "bad_request"],
  ])("refuses %s", (_, head, code) => {
    expect(refusal(() => parse(head))).toBe(code);
  });

  test("takes a target and as many lines as it may", () => {
    expect(parse(`GET /${"a".repeat(19)} HTTP/1.1\r\nHost: a${"\r\nx: y".repeat(4)}`).headers.size).toBe(5);
  });

  test("the host of an absolute form is the one that counts, in HTTP/1.0 too", () => {
    expect(parse("GET http://B.example/x HTTP/1.1\r\nHost: a.example")).toMatchObject({
      host: "b.example",
      path: "/x",
    });
    expect(parse("GET http://b.example HTTP/1.0")).toMatchObject({ host: "b.example", path: "/" });
  });

  test("HTTP/1.0 needs no Host", () => {
    expect(parse("GET / HTTP/1.0")).toMatchObject({ host: "", minorVersion: 0 });
    expect(parse("GET / HTTP/1.0\r\nHost: a")).toMatchObject({ host: "a" });
  });
});
