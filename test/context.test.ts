import { describe, expect, test } from "bun:test";
import { contextKey } from "../src/context/key.ts";
import { Context } from "../src/context.ts";
import { GatewayError } from "../src/errors.ts";
import { Body } from "../src/message/body.ts";
import { HeaderList } from "../src/message/headers.ts";

const GONE = new GatewayError("client_closed");

function create(path = "/a", query: string | undefined = undefined): Context {
  const peer = { address: "192.0.2.1", port: 1, clientAddress: "192.0.2.1", isTrustedProxy: false };
  const headers = new HeaderList();
  return new Context(
    { method: "GET", scheme: "http", host: "a", path, query, version: "1.1", headers, body: Body.empty, peer },
    5,
  );
}

describe("what the upstream gets", () => {
  test("is the request's own path and query until somebody changes them", () => {
    const ctx = create("/users", "a=1");
    expect(ctx).toMatchObject({ upstreamPath: "/users", upstreamQuery: "a=1", startedAt: 5 });
    ctx.upstreamPath = "/v2/users";
    ctx.upstreamQuery = undefined;
    expect(ctx).toMatchObject({ upstreamPath: "/v2/users", upstreamQuery: undefined });
    expect(ctx.request).toMatchObject({ path: "/users", query: "a=1" });
  });

  test.each(["/", "/a%20b", "/!$&'()*+,;=:@~[]{}|^`\"<>", "*", "//a"])("takes the path %p", (path) => {
    const ctx = create();
    ctx.upstreamPath = path;
    expect(ctx.upstreamPath).toBe(path);
  });

  test.each(["", "a", "/a b", "/a?b", "/a#b", "/a\r\nx: y", "/a\0", "/caf\xe9", "/\u0100", "http://b/", "**", "/a\n"])(
    "refuses the path %p",
    (path) => {
      const ctx = create();
      expect(() => {
        ctx.upstreamPath = path;
      }).toThrow(TypeError);
      expect(ctx.upstreamPath).toBe("/a");
    },
  );

  test.each(["", "a=1&b=?/:", "%zz", "a\\b"])("takes the query %p", (query) => {
    const ctx = create();
    ctx.upstreamQuery = query;
    expect(ctx.upstreamQuery).toBe(query);
  });

  test.each(["a b", "a#b", "a\r\n", "\0", "\xe9"])("refuses the query %p", (query) => {
    const ctx = create();
    expect(() => {
      ctx.upstreamQuery = query;
    }).toThrow(TypeError);
    expect(ctx.upstreamQuery).toBeUndefined();
  });
});

describe("the request id", () => {
  test("is made at first use, and stays", () => {
    const ctx = create();
    expect(ctx.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(ctx.requestId).toBe(ctx.requestId);
    expect(create().requestId).not.toBe(ctx.requestId);
  });

  test("can be set", () => {
    const ctx = create();
    ctx.requestId = "mine";
    expect(ctx.requestId).toBe("mine");
  });
});

describe("state of plugins", () => {
  test("is kept under keys, equal names apart", () => {
    const first = contextKey<number>("count");
    const second = contextKey<string>("count");
    const ctx = create();
    expect(ctx.get(first)).toBeUndefined();
    ctx.set(first, 1);
    ctx.set(second, "two");
    expect(ctx.get(first)).toBe(1);
    expect(ctx.get(second)).toBe("two");
    expect(create().get(first)).toBeUndefined();
  });
});

describe("a client that goes", () => {
  test("aborts the signal, with the reason", () => {
    const ctx = create();
    const { signal } = ctx;
    expect(signal.aborted).toBe(false);
    expect(ctx.isAborted).toBe(false);
    ctx.abort(GONE);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(GONE);
    expect(ctx).toMatchObject({ isAborted: true, error: GONE });
    expect(ctx.signal).toBe(signal);
  });

  test("is known to those who ask for the signal later", () => {
    const ctx = create();
    ctx.abort(GONE);
    expect(ctx.signal.aborted).toBe(true);
    expect(ctx.signal.reason).toBe(GONE);
  });

  test("stops the attempt under way", () => {
    const ctx = create();
    const reasons: GatewayError[] = [];
    ctx.inFlight = { cancel: (reason) => reasons.push(reason) };
    ctx.abort(GONE);
    expect(reasons).toEqual([GONE]);
  });
});
