import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { resolveClient, stripUntrusted } from "../../src/edge/forwarded.ts";
import { CidrSet } from "../../src/message/cidr.ts";
import { HeaderList } from "../../src/message/headers.ts";

const TRUSTED = new CidrSet(["10.0.0.0/8", "2001:db8:a::/48"]);
const PROXY = "10.0.0.1";

function resolve(headers: Readonly<Record<string, string>>, peer = PROXY, trusted: CidrSet | undefined = TRUSTED) {
  return resolveClient(peer, HeaderList.of(headers), trusted);
}

describe("an untrusted peer", () => {
  const lies = {
    "x-forwarded-for": "198.51.100.1",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "admin.example",
    forwarded: "for=198.51.100.1;proto=https;host=admin.example",
  };
  const nobody = { isTrustedProxy: false, scheme: undefined, host: undefined };

  test("is believed nothing", () => {
    expect(resolve(lies, "192.0.2.1")).toEqual({ clientAddress: "192.0.2.1", ...nobody });
    expect(resolveClient(PROXY, HeaderList.of(lies), undefined)).toEqual({ clientAddress: PROXY, ...nobody });
    expect(resolve(lies, PROXY, new CidrSet([]))).toEqual({ clientAddress: PROXY, ...nobody });
  });

  test("has its address in canonical form", () => {
    expect(resolve({}, "::ffff:192.0.2.1").clientAddress).toBe("192.0.2.1");
    expect(resolve({}, "2001:DB8::0:1").clientAddress).toBe("2001:db8::1");
    expect(resolve({}, "").clientAddress).toBe("");
  });
});

describe("X-Forwarded-For from a trusted peer", () => {
  test.each([
    ["198.51.100.1", "198.51.100.1"],
    // What stands left of the first untrusted address the client wrote itself.
    ["203.0.113.99, 198.51.100.1", "198.51.100.1"],
    ["127.0.0.1,10.0.0.9,198.51.100.1", "198.51.100.1"],
    ["198.51.100.1, 10.0.0.2, 10.0.0.3", "198.51.100.1"],
    ["203.0.113.99, 198.51.100.1 ,\t10.0.0.2", "198.51.100.1"],
    ["10.0.0.4, 10.0.0.3", "10.0.0.4"],
    ["198.51.100.1:4711", "198.51.100.1"],
    ["2001:DB8:B::1", "2001:db8:b::1"],
    ["[2001:db8:b::1]:443, 2001:db8:a::7", "2001:db8:b::1"],
    ["::ffff:198.51.100.1", "198.51.100.1"],
    ["198.51.100.1, ::ffff:10.0.0.2", "198.51.100.1"],
    ["198.51.100.1,", "198.51.100.1"],
    [",, 198.51.100.1 , , 10.0.0.2", "198.51.100.1"],
    ["", PROXY],
    [",", PROXY],
    ["unknown", PROXY],
    ["198.51.100.1, unknown", PROXY],
    ["198.51.100.1, nonsense, 10.0.0.2", "10.0.0.2"],
    ["198.51.100.1, 10.0.0.02", PROXY],
    ["198.51.100.1 10.0.0.2", PROXY],
  ])("%p names %s", (value, expected) => {
    expect(resolve({ "x-forwarded-for": value })).toMatchObject({ clientAddress: expected, isTrustedProxy: true });
  });

  test("is one list over several lines", () => {
    const headers = HeaderList.of([
      ["x-forwarded-for", "203.0.113.99, 198.51.100.1"],
      ["x-forwarded-for", "10.0.0.2"],
    ]);
    expect(resolveClient(PROXY, headers, TRUSTED).clientAddress).toBe("198.51.100.1");
  });

  test("through a peer whose IPv4 address comes mapped", () => {
    expect(resolve({ "x-forwarded-for": "198.51.100.1" }, "::ffff:10.0.0.1").clientAddress).toBe("198.51.100.1");
  });

  test("never names what a client put in front of its own address", () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789.,: []abcf"\\=;'.split("")) });
    fc.assert(
      fc.property(text, (front) => {
        expect(resolve({ "x-forwarded-for": `x${front},198.51.100.1` }).clientAddress).toBe("198.51.100.1");
        expect(resolve({ forwarded: `x${front},for=198.51.100.1` }).clientAddress).toBe("198.51.100.1");
      }),
    );
  });

  test("a list of ten thousand hops is read in one pass", () => {
    const value = `198.51.100.1${", 10.0.0.2".repeat(10_000)}`;
    expect(resolve({ "x-forwarded-for": value }).clientAddress).toBe("198.51.100.1");
  });
});

describe("scheme and host from a trusted peer", () => {
  test.each([
    ["https", "https"],
    ["HTTP", "http"],
    ["wss", "https"],
    ["ws", "http"],
    ["https, http", "http"],
    ["ftp", undefined],
    ["", undefined],
  ])("X-Forwarded-Proto %p is %s", (value, expected) => {
    expect(resolve({ "x-forwarded-proto": value }).scheme).toBe(expected as "http" | "https" | undefined);
  });

  test.each([
    ["Shop.Example", "shop.example"],
    ["shop.example:8443", "shop.example:8443"],
    ["evil.example, shop.example", "shop.example"],
    ["[2001:db8::1]:80", "[2001:db8::1]:80"],
    ["a b", undefined],
    ["a/b", undefined],
    ["user@shop.example", undefined],
    ["shop.example:99999", undefined],
    ["", undefined],
  ])("X-Forwarded-Host %p is %s", (value, expected) => {
    expect(resolve({ "x-forwarded-host": value }).host).toBe(expected);
  });
});

describe("Forwarded from a trusted peer", () => {
  test.each([
    ["for=198.51.100.1;proto=https;host=shop.example", "198.51.100.1", "https", "shop.example"],
    ['for="[2001:db8:b::1]:4711";host="shop.example:444"', "2001:db8:b::1", undefined, "shop.example:444"],
    ["for=203.0.113.9;proto=http, for=198.51.100.1;proto=https", "198.51.100.1", "https", undefined],
    // The hop next to the client knows what the client used; the inner one only what the outer one used.
    ["for=198.51.100.1;proto=https;host=a.example, for=10.0.0.2;proto=http", "198.51.100.1", "https", "a.example"],
    ["for=198.51.100.1, for=10.0.0.2;proto=https", "198.51.100.1", "https", undefined],
    ["for=unknown;proto=https", PROXY, "https", undefined],
    ["for=198.51.100.1, for=_hidden;proto=https", PROXY, "https", undefined],
    ['for="2001:db8:b::1"', PROXY, undefined, undefined],
    ["proto=https", PROXY, "https", undefined],
    ["nonsense", PROXY, undefined, undefined],
    ["for=198.51.100.1;for=198.51.100.2", PROXY, undefined, undefined],
    ["for=198.51.100.1, nonsense, for=10.0.0.2", "10.0.0.2", undefined, undefined],
    // An open quote in front must not swallow what the proxy appended.
    ['for="203.0.113.9, for=198.51.100.1', "198.51.100.1", undefined, undefined],
    [", for=198.51.100.1,", "198.51.100.1", undefined, undefined],
    ["", PROXY, undefined, undefined],
  ])("%s", (forwarded, clientAddress, scheme, host) => {
    expect(resolve({ forwarded })).toEqual({
      clientAddress,
      isTrustedProxy: true,
      scheme: scheme as "https" | undefined,
      host,
    });
  });

  test("is not read beside X-Forwarded-For, and X-Forwarded-Proto not beside it", () => {
    expect(resolve({ "x-forwarded-for": "198.51.100.1", forwarded: "for=203.0.113.9;proto=https" })).toMatchObject({
      clientAddress: "198.51.100.1",
      scheme: undefined,
    });
    expect(resolve({ forwarded: "for=198.51.100.1", "x-forwarded-proto": "https" }).scheme).toBeUndefined();
  });
});

describe("stripUntrusted", () => {
  test("removes what only a trusted proxy may say", () => {
    const names = [
      "x-forwarded-for",
      "x-forwarded-proto",
      "x-forwarded-host",
      "x-forwarded-port",
      "x-forwarded-anything",
      "x-forwarded",
      "forwarded",
      "x-real-ip",
      "x-client-ip",
      "x-cluster-client-ip",
      "true-client-ip",
      "x-original-url",
      "x-original-host",
      "x-rewrite-url",
      "x-http-method-override",
      "x-http-method",
      "x-method-override",
      "x_forwarded_for",
      "x-forwarded_for",
      "true_client_ip",
      "x_http_method_override",
    ];
    const headers = HeaderList.of(names.flatMap((name) => [[name, "1"] as const, [name, "2"] as const]));
    stripUntrusted(headers);
    expect(headers.flat).toEqual([]);
  });

  test("keeps everything else, duplicates and order included", () => {
    const kept = [
      ["host", "a"],
      ["x-request-id", "1"],
      ["via", "1.1 x"],
      ["te", "trailers"],
      ["traceparent", "00-"],
      ["true-client", "1"],
      ["x-forwardedfor", "1"],
      ["forwarded-by", "1"],
      ["from", "a@b"],
      ["x-real-ip-note", "1"],
      ["x-request-id", "2"],
    ] as const;
    const headers = HeaderList.of([["x-real-ip", "1"], ...kept, ["forwarded", "for=a"]]);
    stripUntrusted(headers);
    expect([...headers]).toEqual(kept.map(([name, value]) => [name, value]));
  });
});
