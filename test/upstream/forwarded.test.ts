import { describe, expect, test } from "bun:test";
import { Body } from "../../src/message/body.ts";
import { isForwarded } from "../../src/message/forwarded.ts";
import { HeaderList } from "../../src/message/headers.ts";
import { forwardedLines, isForwardedField } from "../../src/upstream/forwarded.ts";

interface Init {
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
  /** Given for a trusted peer alone. */
  readonly clientAddress?: string;
  readonly host?: string;
  readonly scheme?: "http" | "https";
}

/** The fields that the gateway sends for such a request. */
function fields(init: Init): Record<string, string> {
  const address = init.address ?? "192.0.2.1";
  const text = forwardedLines({
    method: "GET",
    scheme: init.scheme ?? "http",
    host: init.host ?? "shop.example",
    path: "/",
    query: undefined,
    version: "1.1",
    headers: HeaderList.of(init.headers ?? {}),
    body: Body.empty,
    peer: {
      address,
      port: 1,
      clientAddress: init.clientAddress ?? address,
      isTrustedProxy: init.clientAddress !== undefined,
    },
  });
  const lines = text.split("\r\n");
  expect(lines.pop()).toBe("");
  const sent = Object.fromEntries(lines.map((line) => line.split(": ") as [string, string]));
  expect(Object.keys(sent)).toHaveLength(lines.length);
  expect(isForwarded(sent.forwarded as string)).toBe(true);
  return sent;
}

describe("for an untrusted peer", () => {
  test("the peer alone is named, whatever the headers say", () => {
    const headers = { "x-forwarded-for": "1.1.1.1", forwarded: "for=1.1.1.1", "x-forwarded-host": "evil" };
    expect(fields({ headers, scheme: "https" })).toEqual({
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.example",
      forwarded: "for=192.0.2.1;host=shop.example;proto=https",
    });
  });

  test("IPv6 stands bare in X-Forwarded-For, bracketed and quoted in Forwarded; so does a host with a port", () => {
    expect(fields({ address: "2001:db8::1", host: "[2001:db8::2]:8080" })).toEqual({
      "x-forwarded-for": "2001:db8::1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "[2001:db8::2]:8080",
      forwarded: 'for="[2001:db8::1]";host="[2001:db8::2]:8080";proto=http',
    });
  });

  test("a request without a host gets none", () => {
    expect(fields({ host: "" })).toEqual({
      "x-forwarded-for": "192.0.2.1",
      "x-forwarded-proto": "http",
      forwarded: "for=192.0.2.1;proto=http",
    });
  });

  test("a host cannot break out of its quotes", () => {
    expect(fields({ host: 'a",for=1.1.1.1\\' }).forwarded).toBe('for=192.0.2.1;host="a\\",for=1.1.1.1\\\\";proto=http');
  });
});

describe("for a trusted peer", () => {
  const proxy = { address: "10.0.0.1", clientAddress: "198.51.100.1" };
  const own = "for=10.0.0.1;host=shop.example;proto=http";

  test("X-Forwarded-For is appended to, and Forwarded names the same client", () => {
    const sent = fields({ ...proxy, headers: { "x-forwarded-for": "203.0.113.9, 198.51.100.1" } });
    expect(sent["x-forwarded-for"]).toBe("203.0.113.9, 198.51.100.1, 10.0.0.1");
    expect(sent.forwarded).toBe(`for=198.51.100.1, ${own}`);
  });

  test("Forwarded is appended to, and X-Forwarded-For names the same client", () => {
    const chain = 'for="[2001:db8::9]", for=198.51.100.1;proto=https';
    const sent = fields({ ...proxy, headers: { forwarded: chain } });
    expect(sent["x-forwarded-for"]).toBe("198.51.100.1, 10.0.0.1");
    expect(sent.forwarded).toBe(`${chain}, ${own}`);
  });

  test("of both, X-Forwarded-For counts: the other may be the client's own", () => {
    const headers = { "x-forwarded-for": "198.51.100.1", forwarded: "for=203.0.113.9" };
    expect(fields({ ...proxy, headers }).forwarded).toBe(`for=198.51.100.1, ${own}`);
  });

  test("a malformed Forwarded is replaced", () => {
    const headers = { forwarded: 'for="203.0.113.9, for=198.51.100.1' };
    expect(fields({ ...proxy, headers })).toMatchObject({
      "x-forwarded-for": "198.51.100.1, 10.0.0.1",
      forwarded: `for=198.51.100.1, ${own}`,
    });
  });

  test.each([[{}], [{ "x-forwarded-for": "" }], [{ forwarded: "" }]])(
    "that says nothing is the first hop: %p",
    (headers) => {
      const sent = fields({ address: "10.0.0.1", clientAddress: "10.0.0.1", headers });
      expect(sent["x-forwarded-for"]).toBe("10.0.0.1");
      expect(sent.forwarded).toBe(own);
    },
  );

  test("an IPv6 client is quoted", () => {
    const sent = fields({ ...proxy, clientAddress: "2001:db8::9", headers: { "x-forwarded-for": "2001:db8::9" } });
    expect(sent.forwarded).toBe(`for="[2001:db8::9]", ${own}`);
  });
});

test("isForwardedField picks out exactly what is written", () => {
  for (const name of Object.keys(fields({}))) expect(isForwardedField(name)).toBe(true);
  for (const name of ["x-forwarded-port", "x-forwarded", "x-forwarded-form", "via", "forwardes", ""]) {
    expect(isForwardedField(name)).toBe(false);
  }
});
