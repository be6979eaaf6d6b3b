import { describe, expect, test } from "bun:test";
import { Context } from "../../src/context.ts";
import { GatewayError } from "../../src/errors.ts";
import { headBuffer } from "../../src/http1/head-buffer.ts";
import { parseRequestHead } from "../../src/http1/request-head.ts";
import { scanRequestHead } from "../../src/http1/scan-request.ts";
import { Body } from "../../src/message/body.ts";
import { createContext, type TestRequest } from "../../src/testing/request.ts";
import { refuseLoop, writeRequestHead } from "../../src/upstream/write-head.ts";
import { composedText } from "../http1/composed.ts";
import { ManualSource, sourceOf } from "../message/manual-source.ts";

const requestHead = (ctx: Context, host: string): string => {
  refuseLoop(ctx.request.headers);
  writeRequestHead(headBuffer, ctx, host);
  return composedText();
};
const context = (request: TestRequest = {}) => createContext(request, undefined, undefined);
const headOf = (request: TestRequest) => requestHead(context(request), "users.internal:4001");
/** The field lines, without the request line. */
const linesOf = (request: TestRequest) => headOf(request).split("\r\n").slice(1, -2);
const valuesOf = (request: TestRequest, name: string) =>
  linesOf(request)
    .filter((line) => line.startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2));

describe("the request line", () => {
  test.each([
    ["/", "GET / HTTP/1.1"],
    ["/users/1?a=1&b=%zz", "GET /users/1?a=1&b=%zz HTTP/1.1"],
    ["/users?", "GET /users? HTTP/1.1"],
  ])("for %s", (path, line) => {
    expect(headOf({ path }).split("\r\n")[0]).toBe(line);
  });

  test("has the path and query that plugins have set", () => {
    const ctx = context({ path: "/api/users?a=1", method: "DELETE" });
    ctx.upstreamPath = "/users";
    ctx.upstreamQuery = undefined;
    expect(requestHead(ctx, "a")).toStartWith("DELETE /users HTTP/1.1\r\n");
  });

  test("is HTTP/1.1 whatever the client speaks, which Via tells", () => {
    const head = requestHead(new Context({ ...context().request, version: "1.0" }, 0), "a");
    expect(head).toStartWith("GET / HTTP/1.1\r\n");
    expect(head).toMatch(/\r\nvia: 1\.0 sluice-[0-9a-f]{8}\r\n/);
  });
});

describe("fields", () => {
  test("go on as they came, in order, duplicates kept, obs-text too", () => {
    const headers: [string, string][] = [
      ["x-b", "1"],
      ["x-a", "caf\xe9"],
      ["x-b", "2"],
      ["authorization", "Bearer x"],
      ["cookie", "a=1"],
    ];
    expect(linesOf({ headers }).slice(1, 6)).toEqual(headers.map(([name, value]) => `${name}: ${value}`));
  });

  test.each(["X-A: 1", "X-Forwarded-For: 192.0.2.1"])("are followed by what plugins have added (%s)", (line) => {
    const text = `GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\n${line}\r\n\r\n`;
    const limits = { headerBytes: 1_000, headerCount: 10, targetBytes: 100 };
    const headers = scanRequestHead(Buffer.from(text), 0, text.length, limits)?.headers;
    if (headers === undefined) throw new Error("the head is no ordinary one");
    headers.set("x-user", "ada");
    headers.append("via", "1.1 other");
    headers.set("host", "evil");
    headers.append("keep-alive", "1");
    headers.set("x-forwarded-for", "203.0.113.1");
    const head = requestHead(new Context({ ...context().request, headers }, 0), "users.internal:4001");
    expect(head).toContain("accept: b\r\n");
    expect(head.match(/x-user: ada\r\n/g)).toHaveLength(1);
    expect(head).toMatch(/\r\nvia: 1\.1 other, 1\.1 sluice-/);
    expect(head).not.toMatch(/evil|keep-alive|203\.0\.113\.1/);
  });

  test("have the target's host, and only that", () => {
    expect(valuesOf({ headers: { host: "gateway.test" } }, "host")).toEqual(["users.internal:4001"]);
    expect(linesOf({})[0]).toBe("host: users.internal:4001");
  });

  test("lack what is about the client's connection", () => {
    const names = ["connection", "keep-alive", "te", "upgrade", "trailer", "expect", "proxy-connection"];
    const others = ["transfer-encoding", "proxy-authorization", "proxy-authenticate"];
    const headers = Object.fromEntries([...names, ...others].map((name) => [name, "x"]));
    const lines = linesOf({ headers, body: "hello" });
    expect(lines.filter((line) => line.endsWith(": x"))).toEqual([]);
  });

  test("tell who asked, whatever the client says of itself", () => {
    const headers = {
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil.example",
      forwarded: "for=6.6.6.6",
    };
    const request = { headers, host: "gateway.test", peer: { address: "192.0.2.7" } };
    expect(valuesOf(request, "x-forwarded-for")).toEqual(["192.0.2.7"]);
    expect(valuesOf(request, "x-forwarded-proto")).toEqual(["http"]);
    expect(valuesOf(request, "x-forwarded-host")).toEqual(["gateway.test"]);
    expect(valuesOf(request, "forwarded")).toEqual(["for=192.0.2.7;host=gateway.test;proto=http"]);
  });

  test("can be read back by a strict parser", () => {
    const { headers, path } = parseRequestHead(headOf({ method: "POST", path: "/a", body: "hello" }), {
      headerBytes: 10_000,
      headerCount: 100,
      targetBytes: 100,
    });
    expect(path).toBe("/a");
    expect(headers.get("content-length")).toBe("5");
  });
});

describe("Via (RFC 9110 §7.6.3)", () => {
  test("is added to what was there, as one line", () => {
    const headers: [string, string][] = [
      ["via", "1.0 a"],
      ["x", "y"],
      ["via", "1.1 b, 1.1 c"],
    ];
    const [value, ...others] = valuesOf({ headers }, "via");
    expect(value).toMatch(/^1\.0 a, 1\.1 b, 1\.1 c, 1\.1 sluice-[0-9a-f]{8}$/);
    expect(others).toEqual([]);
  });

  test("with the gateway in it is a loop", () => {
    const via = valuesOf({}, "via")[0] as string;
    const loop = () => headOf({ headers: { via: `1.0 before, ${via}, 1.1 behind` } });
    expect(loop).toThrow(GatewayError);
    expect(loop).toThrow(expect.objectContaining({ code: "loop_detected" }));
  });

  test("with another gateway of the kind in it is none", () => {
    expect(() => headOf({ headers: { via: "1.1 sluice-00000000" } })).not.toThrow();
  });
});

describe("the framing of the body", () => {
  const framing = (request: TestRequest) =>
    linesOf(request).filter((line) => /^(content-length|transfer-encoding): /.test(line));

  test.each(["GET", "HEAD", "DELETE", "OPTIONS", "X"])("%s without a body has none", (method) => {
    expect(framing({ method })).toEqual([]);
  });

  test.each(["POST", "PUT", "PATCH"])("%s without a body says so", (method) => {
    expect(framing({ method })).toEqual(["content-length: 0"]);
  });

  test.each(["POST", "GET", "DELETE"])("%s with a body has its length", (method) => {
    expect(framing({ method, body: "caf\u00e9" })).toEqual(["content-length: 5"]);
  });

  test("a body of known length has it, one of unknown length is chunked, whatever the client's fields say", () => {
    const headers = { "content-length": "99" };
    expect(framing({ method: "POST", headers, body: Body.from(new ManualSource(7)) })).toEqual(["content-length: 7"]);
    expect(framing({ method: "POST", headers, body: Body.from(new ManualSource()) })).toEqual([
      "transfer-encoding: chunked",
    ]);
    expect(framing({ method: "GET", headers })).toEqual([]);
  });

  test("a body of unknown length that a plugin has read is sent from memory, so it has a length", async () => {
    const body = Body.from(sourceOf("hel", "lo"));
    await body.bytes(10);
    expect(framing({ method: "POST", body })).toEqual(["content-length: 5"]);
    const empty = Body.from(sourceOf());
    await empty.bytes(10);
    expect(framing({ method: "POST", body: empty })).toEqual(["content-length: 0"]);
  });

  test("the head ends with one empty line", () => {
    for (const request of [{}, { method: "POST" }, { method: "POST", body: "x" }]) {
      expect(headOf(request)).toMatch(/[^\r\n]\r\n\r\n$/);
    }
  });
});
