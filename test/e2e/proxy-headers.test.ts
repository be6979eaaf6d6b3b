import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf, type Way } from "../support/ways.ts";

let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
${listenEveryWay()}
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all }]
`);
});
beforeEach(() => upstream.answer(replies()));
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

/** Sends a GET with these lines; answers what the upstream got. */
async function forwarded(way: Way, ...lines: readonly string[]) {
  const fields = ["Host: shop.example", ...lines].map((line) => `${line}\r\n`).join("");
  const reply = await way.exchange(portOf(way, gateway), `GET /x HTTP/1.1\r\n${fields}\r\n`);
  expect(reply.status).toBe(200);
  const request = upstream.requests.at(-1);
  if (request === undefined) throw new Error("nothing was forwarded");
  return request;
}

/** Answers what the client gets of an upstream's response with these lines. */
async function answered(way: Way, ...lines: readonly string[]) {
  const fields = lines.map((line) => `${line}\r\n`).join("");
  upstream.answer(replies(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`));
  const reply = await way.exchange(portOf(way, gateway), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(reply.body.toString()).toBe("ok");
  return reply;
}

/** What the gateway sets itself, and what a client of HTTP/3 that is none of ours adds. */
const OWN = new Set(["host", "via", "forwarded", "user-agent"]);

const HOP_BY_HOP = [
  "Keep-Alive: timeout=5",
  "Proxy-Connection: keep-alive",
  "Proxy-Authorization: Basic eDp5",
  "Proxy-Authenticate: Basic",
  "TE: trailers",
  "Trailer: X-T",
  "Upgrade: h2c",
  "HTTP2-Settings: AAMAAABk",
];

/** Those that HTTP/2 and 3 do not have (RFC 9113 §8.2.2). */
const CONNECTION_SPECIFIC = new Set(["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "Upgrade: h2c"]);

/** Resolves when a request with that line has not reached the upstream; the client of HTTP/3 takes it off. */
async function isRefused(way: Way, line: string): Promise<void> {
  const before = upstream.requests.length;
  const request = `GET /x HTTP/1.1\r\nHost: shop.example\r\n${line}\r\n\r\n`;
  const status = await way.exchange(portOf(way, gateway), request).then(
    (reply) => reply.status,
    (error: Error) => error.message,
  );
  if (status === 200) return expect(upstream.requests.at(-1)?.raw).not.toContain(line.toLowerCase());
  expect(status).toContain("PROTOCOL_ERROR");
  expect(upstream.requests).toHaveLength(before);
}

describeEveryWay("request fields", (way) => {
  test("arrive in their order, duplicates as separate lines, with what nobody knows", async () => {
    const request = await forwarded(
      way,
      "X-A: 1",
      "Accept: a",
      "x-a: 2",
      "X-Unknown: ?",
      "X-A: 1",
      "Cookie: a=1",
      "Cookie: b",
    );
    const sent = request.headers.filter(([name]) => !OWN.has(name) && !name.startsWith("x-forwarded-"));
    if (way.differs("fields")) {
      const joined = { "x-a": "1, 2, 1", accept: "a", "x-unknown": "?", cookie: "a=1; b" };
      return expect(Object.fromEntries(sent)).toEqual(joined);
    }
    expect(sent).toEqual([
      ["x-a", "1"],
      ["accept", "a"],
      ["x-a", "2"],
      ["x-unknown", "?"],
      ["x-a", "1"],
      ["cookie", "a=1"],
      ["cookie", "b"],
    ]);
  });

  test("keep octets beyond ASCII, inner blanks and empty values", async () => {
    const request = await forwarded(
      way,
      "X-Name: caf\xe9 \xff\x80",
      "X-Blank:  a \t b  ",
      "X-Empty:",
      'X-Quoted: "a, b"',
    );
    expect(request.raw).toContain("\r\nx-name: caf\xe9 \xff\x80\r\n");
    expect(request.raw).toContain("\r\nx-blank: a \t b\r\n");
    expect(request.header("x-empty")).toBe("");
    expect(request.header("x-quoted")).toBe('"a, b"');
  });

  test("nothing is made up for the client, and its credentials pass", async () => {
    const request = await forwarded(way, "Authorization: Bearer abc");
    const clientOwn = way.version === "3" ? ["accept", "user-agent"] : [];
    const names = request.headers.map(([name]) => name).filter((name) => !clientOwn.includes(name));
    expect(names).toEqual([
      "host",
      "authorization",
      "x-forwarded-for",
      "x-forwarded-proto",
      "x-forwarded-host",
      "forwarded",
      "via",
    ]);
    expect(request.header("authorization")).toBe("Bearer abc");
  });

  test.each(HOP_BY_HOP)("of the connection do not pass: %s", async (line) => {
    if (way.differs("connection") && CONNECTION_SPECIFIC.has(line)) return isRefused(way, line);
    const request = await forwarded(way, line);
    expect(request.header(line.slice(0, line.indexOf(":")).toLowerCase())).toBeUndefined();
  });

  test("that Connection names do not pass, nor does Connection", async () => {
    if (way.differs("connection")) return isRefused(way, "Connection: keep-alive, x-one");
    const request = await forwarded(way, "X-One: 1", "Connection: keep-alive, x-ONE ,X-Two", "X-Two: 2", "X-Three: 3");
    expect(request.header("x-one")).toBeUndefined();
    expect(request.header("x-two")).toBeUndefined();
    expect(request.header("x-three")).toBe("3");
    expect(request.header("connection")).toBeUndefined();
  });

  test("that the gateway sets itself cannot be listed away", async () => {
    const lists =
      "Connection: Host, Via, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded, Content-Length";
    const request = await forwarded(way, way.differs("connection") ? "X-Listed: none" : lists);
    expect(request.header("host")).toBe(`127.0.0.1:${upstream.port}`);
    expect(request.header("x-forwarded-for")).toBe("127.0.0.1");
    expect(request.header("x-forwarded-host")).toBe("shop.example");
    expect(request.header("forwarded")).toContain("for=127.0.0.1");
    expect(request.header("via")).toStartWith(`${way.version} `);
  });

  test("a body keeps its length even if Connection lists it", async () => {
    const listed = way.differs("connection") ? "" : "Connection: content-length\r\n";
    const reply = await way.exchange(
      portOf(way, gateway),
      `POST /x HTTP/1.1\r\nHost: a\r\n${listed}Content-Length: 5\r\n\r\nhello`,
    );
    expect(reply.status).toBe(200);
    expect(upstream.requests.at(-1)).toMatchObject({ body: Buffer.from("hello") });
    expect(upstream.requests.at(-1)?.header("content-length")).toBe("5");
  });

  test("Content-Length: 0 of a GET is dropped, that of a POST without a body is sent", async () => {
    const none = way.version === "2" ? "X-Length: none" : "Content-Length: 0";
    expect((await forwarded(way, none)).header("content-length")).toBeUndefined();
    await way.exchange(portOf(way, gateway), "POST /x HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(upstream.requests.at(-1)?.header("content-length")).toBe("0");
  });
});

describeEveryWay("response fields", (way) => {
  test("arrive in their order, and two Set-Cookie stay two", async () => {
    const reply = await answered(
      way,
      "Set-Cookie: a=1; Path=/",
      "X-B: 1",
      "Set-Cookie: b=2; Expires=Wed, 21 Oct 2065 07:28:00 GMT",
    );
    expect(reply.all("set-cookie")).toEqual(["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2065 07:28:00 GMT"]);
    expect(reply.header("x-b")).toBe("1");
    expect(reply.header("content-type")).toBeUndefined();
    if (way.differs("fields")) return;
    expect(reply.headers.slice(0, 3).map(([name]) => name)).toEqual(["set-cookie", "x-b", "set-cookie"]);
  });

  test("keep octets beyond ASCII; the reason phrase too", async () => {
    upstream.answer(replies(response("", { reason: "D'accord \xe9", headers: [["X-Name", "caf\xe9"]] })));
    const reply = await way.exchange(portOf(way, gateway), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(reply.startLine).toBe(way.differs("reason") ? "200" : "HTTP/1.1 200 D'accord \xe9");
    expect(reply.header("x-name")).toBe("caf\xe9");
  });

  test.each(HOP_BY_HOP)("of the connection do not pass: %s", async (line) => {
    const reply = await answered(way, line);
    expect(reply.header(line.slice(0, line.indexOf(":")).toLowerCase())).toBeUndefined();
  });

  test("that Connection names do not pass", async () => {
    const reply = await answered(way, "X-Secret: 1", "Connection: close, X-Secret", "X-Open: 2");
    expect(reply.header("x-secret")).toBeUndefined();
    expect(reply.header("x-open")).toBe("2");
    expect(reply.header("connection")).toBeUndefined();
  });

  test("Date is added where there is none, and kept where there is one", async () => {
    const date = "Tue, 15 Nov 1994 08:12:31 GMT";
    expect((await answered(way, `Date: ${date}`)).all("date")).toEqual([date]);
    const own = (await answered(way)).all("date");
    expect(own).toHaveLength(1);
    expect(Math.abs(Date.parse(own[0] ?? "") - Date.now())).toBeLessThan(5_000);
  });

  test("Content-Length passes, with a body of several pieces too", async () => {
    for (const size of [10, 1_000_000]) {
      upstream.answer(replies(response("x".repeat(size))));
      const reply = await way.exchange(portOf(way, gateway), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
      expect(reply.body.length).toBe(size);
      const isKept = size === 10 || !way.differs("length");
      expect(reply.header("content-length")).toBe(isKept ? String(size) : undefined);
    }
  });

  test("redirects and errors of the upstream pass untouched", async () => {
    upstream.answer(replies(response("moved", { status: 302, reason: "Found", headers: [["Location", "/y"]] })));
    const moved = await way.exchange(portOf(way, gateway), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    expect([moved.status, moved.header("location"), moved.body.toString()]).toEqual([302, "/y", "moved"]);
    upstream.answer(replies(response("broken", { status: 500, reason: "Oh no" })));
    const broken = await way.exchange(portOf(way, gateway), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    const startLine = way.differs("reason") ? "500" : "HTTP/1.1 500 Oh no";
    expect([broken.startLine, broken.body.toString()]).toEqual([startLine, "broken"]);
  });
});
