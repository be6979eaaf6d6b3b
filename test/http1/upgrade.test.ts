import { describe, expect, test } from "bun:test";
import { parseRequestHead } from "../../src/http1/request-head.ts";
import { parseResponseHead } from "../../src/http1/response-head.ts";
import { admitUpgrade, offeredProtocols, offerOf, switchedTo } from "../../src/http1/upgrade.ts";
import { Body } from "../../src/message/body.ts";
import type { UpgradeOffer } from "../../src/message/tunnel.ts";
import { createContext } from "../../src/testing/request.ts";

const LIMITS = { headerBytes: 1_000, headerCount: 10, targetBytes: 100 };

function offered(fields: string, line = "GET / HTTP/1.1"): readonly string[] {
  return offeredProtocols(parseRequestHead(`${line}\r\nHost: a\r\n${fields}\r\n\r\n`, LIMITS));
}

/** An offer, and how often a place was taken for it. */
function offer(protocols: readonly string[], hasFree = true) {
  const made: UpgradeOffer & { reserved: number } = {
    protocols,
    reserved: 0,
    reserve() {
      if (hasFree) this.reserved++;
      return hasFree;
    },
    release() {
      this.reserved--;
    },
  };
  return made;
}

describe("a request offers", () => {
  test.each([
    ["one protocol", "Connection: Upgrade\r\nUpgrade: websocket", ["websocket"]],
    ["several, on one line", "Connection: x, UPGRADE\r\nUpgrade: a/1 ,\tB,,", ["a/1", "B"]],
    ["several, on two", "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b", ["a", "b"]],
    ["one, with an empty body", "Connection: upgrade\r\nUpgrade: a\r\nContent-Length: 0", ["a"]],
    ["none that Connection does not name", "Upgrade: a", []],
    ["none without a name", "Connection: upgrade", []],
    ["none with a body", "Connection: upgrade\r\nUpgrade: a\r\nContent-Length: 1", []],
    ["none with chunks", "Connection: upgrade\r\nUpgrade: a\r\nTransfer-Encoding: chunked", []],
  ])("%s", (_, fields, protocols) => {
    expect(offered(fields)).toEqual(protocols);
  });

  test("none in HTTP/1.0", () => {
    expect(offered("Connection: upgrade\r\nUpgrade: a", "GET / HTTP/1.0")).toEqual([]);
  });
});

describe("of an offer a route", () => {
  const allowed = new Set(["websocket", "a/1"]);
  const admitted = (protocols: readonly string[], method = "GET") => {
    const ctx = createContext({ method }, undefined, undefined);
    const made = offer(protocols);
    ctx.upgrade = made;
    admitUpgrade(ctx, allowed);
    return { protocols: ctx.upgrade?.protocols ?? [], reserved: made.reserved };
  };

  test("leaves what it allows, in the client's spelling, and takes one place for it", () => {
    expect(admitted(["x", "WebSocket", "A/1", "a"])).toEqual({ protocols: ["WebSocket", "A/1"], reserved: 1 });
  });

  test("leaves nothing if it allows none, and takes no place", () => {
    expect(admitted(["x"])).toEqual({ protocols: [], reserved: 0 });
  });

  test("leaves WebSocket to GET alone", () => {
    expect(admitted(["websocket"], "POST")).toEqual({ protocols: [], reserved: 0 });
    expect(admitted(["websocket", "a/1"], "POST")).toEqual({ protocols: ["a/1"], reserved: 1 });
  });

  test("that has no place left refuses the request", () => {
    const ctx = createContext({}, undefined, undefined);
    ctx.upgrade = offer(["websocket"], false);
    expect(() => admitUpgrade(ctx, allowed)).toThrow("Too many tunnels are open");
    expect(ctx.upgrade).toBeUndefined();
  });

  test("passes nothing to the target if the request has got a body", () => {
    const ctx = createContext({}, undefined, undefined);
    ctx.upgrade = offer(["websocket"]);
    expect(offerOf(ctx)).toBe(ctx.upgrade);
    ctx.request.body = Body.of("x");
    expect(offerOf(ctx)).toBeUndefined();
  });
});

describe("a 101", () => {
  const to = (fields: string, protocols: readonly string[] = ["WebSocket", "b"], line = "HTTP/1.1 101 x") =>
    switchedTo(parseResponseHead(`${line}\r\n${fields}\r\n\r\n`, 10), offer(protocols));

  test.each([
    ["one that was offered", "Connection: upgrade\r\nUpgrade: websocket", "websocket"],
    ["one that was offered, in another spelling", "Connection: upgrade\r\nUpgrade: B", "b"],
    ["one that was not", "Connection: upgrade\r\nUpgrade: c", undefined],
    ["two", "Connection: upgrade\r\nUpgrade: b, websocket", undefined],
    ["none", "Connection: upgrade", undefined],
    ["one that Connection does not name", "Upgrade: b", undefined],
  ])("switches to %s", (_, fields, protocol) => {
    expect(to(fields)).toBe(protocol);
  });

  test("of HTTP/1.0, or that nobody asked for, is none", () => {
    expect(to("Connection: upgrade\r\nUpgrade: b", ["b"], "HTTP/1.0 101 x")).toBeUndefined();
    const head = parseResponseHead("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\n", 10);
    expect(switchedTo(head, undefined)).toBeUndefined();
  });
});
