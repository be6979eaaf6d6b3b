import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import type { RawRequest } from "../support/messages.ts";
import { replies } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, describeHttp1, listenEveryWay, portOf, type Way } from "../support/ways.ts";

let upstream: Upstream;
let gateway: InProcessGateway;

const UNTRUSTED = 0;
const TRUSTED = 1;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
${listenEveryWay("", "trusted-proxies: [127.0.0.0/8, 10.0.0.0/8]")}
services:
  usual: { targets: ["${upstream.url}"] }
  preserving: { targets: ["${upstream.url}"], preserve-host: true }
routes:
  - { path: /preserved/*, service: preserving }
  - { path: /*, service: usual }
`);
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

/** Sends a GET with these lines to a listener; answers what the upstream got. */
async function forwarded(way: Way, turn: number, path: string, ...lines: readonly string[]): Promise<RawRequest> {
  const fields = lines.map((line) => `${line}\r\n`).join("");
  const reply = await way.exchange(portOf(way, gateway, turn), `GET ${path} HTTP/1.1\r\n${fields}\r\n`);
  expect(reply.status).toBe(200);
  const request = upstream.requests.at(-1);
  if (request === undefined) throw new Error("nothing was forwarded");
  return request;
}

/** What the upstream is told of the client. */
function told(request: RawRequest) {
  const [address, scheme, host, forwarded_] = [
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
  ].map((name) => request.all(name).join(" | "));
  return { address, scheme, host, forwarded: forwarded_ };
}

describeEveryWay("Host", (way) => {
  test("is the target's own", async () => {
    const request = await forwarded(way, UNTRUSTED, "/x", "Host: Shop.Example:81");
    expect(request.all("host")).toEqual([`127.0.0.1:${upstream.port}`]);
  });

  test("is the client's with preserve-host, in lower case", async () => {
    expect((await forwarded(way, UNTRUSTED, "/preserved/x", "Host: Shop.Example:81")).all("host")).toEqual([
      "shop.example:81",
    ]);
  });
});

describeHttp1("Host", (way) => {
  test("of an absolute target is the target's", async () => {
    const absolute = await forwarded(way, UNTRUSTED, "http://Other.example/preserved/x", "Host: shop.example");
    expect(absolute.all("host")).toEqual(["other.example"]);
    expect(absolute.header("x-forwarded-host")).toBe("other.example");
  });

  test("is the target's own for an HTTP/1.0 client that names none", async () => {
    const reply = await way.exchange(portOf(way, gateway), "GET /preserved/x HTTP/1.0\r\n\r\n");
    expect(reply.status).toBe(200);
    expect(upstream.requests.at(-1)?.all("host")).toEqual([`127.0.0.1:${upstream.port}`]);
    expect(upstream.requests.at(-1)?.header("x-forwarded-host")).toBeUndefined();
  });
});

describeEveryWay("the client of an untrusted peer", (way) => {
  test("is the peer, whatever it says", async () => {
    const request = await forwarded(
      way,
      UNTRUSTED,
      "/x",
      "Host: a.example",
      "X-Forwarded-For: 6.6.6.6",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: evil.example",
      "Forwarded: for=6.6.6.6",
    );
    expect(told(request)).toEqual({
      address: "127.0.0.1",
      scheme: way.scheme,
      host: "a.example",
      forwarded: `for=127.0.0.1;host=a.example;proto=${way.scheme}`,
    });
  });

  test.each([
    "X-Forwarded-Port: 1",
    "X-Forwarded-Prefix: /x",
    "X-Real-IP: 6.6.6.6",
    "True-Client-IP: 6.6.6.6",
    "X-Original-URL: /admin",
    "X-Rewrite-URL: /admin",
    "X-HTTP-Method-Override: DELETE",
    "X_Forwarded_For: 6.6.6.6",
    "x_real-ip: 6.6.6.6",
  ])("may not say %s", async (line) => {
    const request = await forwarded(way, UNTRUSTED, "/x", "Host: a", line);
    expect(request.header(line.slice(0, line.indexOf(":")).toLowerCase())).toBeUndefined();
  });
});

describeEveryWay("the client of a trusted proxy", (way) => {
  test("is told on, the proxy appended", async () => {
    const request = await forwarded(
      way,
      TRUSTED,
      "/x",
      "Host: inner",
      "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.2",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: shop.example",
    );
    expect(told(request)).toMatchObject({
      address: "6.6.6.6, 203.0.113.9, 10.0.0.2, 127.0.0.1",
      scheme: "https",
      host: "shop.example",
      forwarded: "for=203.0.113.9, for=127.0.0.1;host=shop.example;proto=https",
    });
  });

  test("is read from Forwarded alone, too", async () => {
    const chain = 'for="[2001:db8::7]";proto=https;host=shop.example';
    const request = await forwarded(way, TRUSTED, "/x", "Host: inner", `Forwarded: ${chain}`);
    expect(told(request)).toEqual({
      address: "2001:db8::7, 127.0.0.1",
      scheme: "https",
      host: "shop.example",
      forwarded: `${chain}, for=127.0.0.1;host=shop.example;proto=https`,
    });
  });

  test("is the proxy itself if it says nothing, and its own fields pass", async () => {
    const request = await forwarded(way, TRUSTED, "/x", "Host: a", "X-Real-IP: 203.0.113.9");
    expect(told(request).address).toBe("127.0.0.1");
    expect(request.header("x-real-ip")).toBe("203.0.113.9");
  });

  test("does not leak from one request of a connection to the next", async () => {
    for (const client of ["203.0.113.1", "203.0.113.2"]) {
      const request = await forwarded(way, TRUSTED, "/x", "Host: a", `X-Forwarded-For: ${client}`);
      expect(told(request).address).toBe(`${client}, 127.0.0.1`);
    }
  });
});

describeEveryWay("Via", (way) => {
  test("names the client's version and the gateway, behind those that were there", async () => {
    const request = await forwarded(way, UNTRUSTED, "/x", "Host: a", "Via: 1.0 first", "Via: 2 second");
    expect(request.all("via")).toHaveLength(1);
    expect(request.header("via")).toStartWith(`1.0 first, 2 second, ${way.version} sluice-`);
    expect(request.header("via")).toMatch(/ sluice-[0-9a-f]{8}$/);
  });

  test("a request that comes back is refused", async () => {
    const own = (await forwarded(way, UNTRUSTED, "/x", "Host: a")).header("via") ?? "";
    const before = upstream.requests.length;
    const reply = await way.exchange(portOf(way, gateway), `GET /x HTTP/1.1\r\nHost: a\r\nVia: ${own}\r\n\r\n`);
    expect(reply.status).toBe(508);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ code: "loop_detected" });
    expect(upstream.requests).toHaveLength(before);
  });
});

describeHttp1("Via", (way) => {
  test("names the version of an HTTP/1.0 client", async () => {
    await way.exchange(portOf(way, gateway), "GET /x HTTP/1.0\r\n\r\n");
    expect(upstream.requests.at(-1)?.header("via")).toMatch(/^1\.0 sluice-/);
  });
});

/** What servers that read `_` as `-` would take for a field that the gateway writes or removes. */
const DISGUISED = [
  "X_Forwarded_For: 6.6.6.6",
  "X-Forwarded_Proto: https",
  "X_Original_URL: /admin",
  "Content_Length: 100",
  "Transfer_Encoding: chunked",
  "Proxy_Authorization: Basic eDp5",
  "HTTP2_Settings: AAMAAABk",
  "Proxy: http://evil.example",
];

describeEveryWay("a field in disguise", (way) => {
  test.each([
    ["an untrusted peer", UNTRUSTED],
    ["a trusted proxy", TRUSTED],
  ])("of %s goes no further", async (_who, turn) => {
    for (const line of DISGUISED) {
      const { raw } = await forwarded(way, turn, "/x", "Host: a", line, "X_Other: 1");
      expect(raw).toContain("x_other: 1");
      expect(raw).not.toContain(line.slice(0, line.indexOf(":") + 1).toLowerCase());
    }
  });
});
