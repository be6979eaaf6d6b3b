import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { chunkedResponse, closesAfter, replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all }]
`);
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD = "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n";

/** Sends a request and another behind it; answers all the bytes, without the Date lines. */
async function bytesOf(request: string, ...scripts: readonly string[]): Promise<string> {
  let at = 0;
  upstream.answer((_, connection) => connection.send(scripts[at++] ?? response("last")));
  using client = await connect(gateway.port);
  void client.send(`${request}GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  return (await client.readAll()).toString("latin1").replace(/date: [^\r]*\r\n/g, "");
}

const LAST = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nlast";

describe("responses without a body", () => {
  test("to HEAD, with the length that GET would have", async () => {
    const bytes = await bytesOf(HEAD, "HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 1234\r\n\r\n");
    expect(bytes).toBe(`HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: 1234\r\n\r\n${LAST}`);
  });

  test("to HEAD of a chunked one", async () => {
    const bytes = await bytesOf(HEAD, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect(bytes).toBe(`HTTP/1.1 200 OK\r\n\r\n${LAST}`);
  });

  test("204, 304 and their fields", async () => {
    const noContent = await bytesOf(GET, "HTTP/1.1 204 No Content\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n");
    expect(noContent).toBe(`HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n${LAST}`);
    const notModified = await bytesOf(GET, 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n');
    expect(notModified).toBe(`HTTP/1.1 304 Not Modified\r\netag: "x"\r\ncontent-length: 99\r\n\r\n${LAST}`);
  });

  test("an empty one has a length of 0", async () => {
    const bytes = await bytesOf(GET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    expect(bytes).toBe(`HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n${LAST}`);
  });

  test("the gateway's own error to HEAD", async () => {
    const refused = await bytesOf("HEAD *x HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(refused).toMatch(
      /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*content-length: [1-9]\d*\r\nconnection: close\r\n\r\n$/,
    );
  });
});

describe("interim responses", () => {
  const HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: x-b\r\nX-B: 1\r\n\r\n";

  test("pass, in their order and before the reply", async () => {
    const processing = "HTTP/1.1 102 Processing\r\n\r\n";
    const bytes = await bytesOf(GET, HINTS + processing + HINTS + response("ok"));
    const hints = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n";
    expect(bytes).toBe(
      `${hints}HTTP/1.1 102 Processing\r\n\r\n${hints}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${LAST}`,
    );
  });

  test("pass at once, not with the reply", async () => {
    const held = Promise.withResolvers<void>();
    upstream.answer(async (_, connection) => {
      await connection.send(HINTS);
      await held.promise;
      await connection.send(response("ok"));
    });
    using client = await connect(gateway.port);
    void client.send(GET);
    expect((await client.readResponse()).status).toBe(103);
    held.resolve();
    expect((await client.readResponse()).status).toBe(200);
  });

  test("100 of the upstream is dropped", async () => {
    const bytes = await bytesOf(GET, `HTTP/1.1 100 Continue\r\n\r\n${response("ok")}`);
    expect(bytes).toBe(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${LAST}`);
  });

  test("none goes to an HTTP/1.0 client", async () => {
    upstream.answer(replies(HINTS + response("ok")));
    const reply = await exchange(gateway.port, "GET /x HTTP/1.0\r\n\r\n");
    expect([reply.status, reply.body.toString()]).toEqual([200, "ok"]);
  });
});

describe("bodies", () => {
  test("with a length keep it, empty chunks and all sizes pass", async () => {
    for (const size of [1, 1_000, 65_535, 65_536, 100_000, 1_000_000]) {
      const body = Buffer.alloc(size, "sluice ").toString();
      upstream.answer(replies(response(body)));
      const reply = await exchange(gateway.port, GET);
      expect(reply.header("content-length")).toBe(String(size));
      expect(reply.body.toString() === body).toBe(true);
    }
  });

  test("of chunks pass as chunks, without their extensions", async () => {
    const chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n";
    upstream.answer(replies(chunked));
    const reply = await exchange(gateway.port, GET);
    expect(reply.header("transfer-encoding")).toBe("chunked");
    expect(reply.header("content-length")).toBeUndefined();
    expect(reply.raw.slice(reply.raw.indexOf("\r\n\r\n") + 4)).toBe("3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n");
  });

  test("that end with the connection are chunked", async () => {
    upstream.answer(closesAfter("HTTP/1.0 200 OK\r\n\r\nall there is"));
    const reply = await exchange(gateway.port, GET);
    expect(reply.raw).toEndWith("transfer-encoding: chunked\r\n\r\nc\r\nall there is\r\n0\r\n\r\n");
  });

  test("of unknown length end with the connection for an HTTP/1.0 client", async () => {
    upstream.answer(replies(chunkedResponse(["hello ", "world"])));
    using client = await connect(gateway.port);
    void client.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const text = (await client.readAll()).toString();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nconnection: close\r\n\r\nhello world$/);
    expect(text).not.toContain("chunked");
  });
});

describe("trailers", () => {
  const withTrailers = (lines: string) =>
    `HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n${lines}\r\n`;

  test("pass, in their order", async () => {
    upstream.answer(replies(withTrailers("X-Sum: 1\r\nServer-Timing: db;dur=5\r\nX-Sum: 2\r\n")));
    const reply = await exchange(gateway.port, GET);
    expect(reply.trailers).toEqual([
      ["x-sum", "1"],
      ["server-timing", "db;dur=5"],
      ["x-sum", "2"],
    ]);
    expect(reply.header("x-sum")).toBeUndefined();
  });

  test.each([
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Connection: close",
    "Host: evil.example",
    "Set-Cookie: a=1",
    "Authorization: Bearer evil",
    "WWW-Authenticate: Basic",
    "Content-Type: text/html",
    "Content-Encoding: gzip",
    "Cache-Control: public",
    "Location: /evil",
    "Vary: *",
  ])("about framing, credentials or the reply itself do not: %s", async (line) => {
    upstream.answer(replies(withTrailers(`${line}\r\nX-Sum: 1\r\n`)));
    const reply = await exchange(gateway.port, GET);
    expect(reply.trailers).toEqual([["x-sum", "1"]]);
    expect(reply.body.toString()).toBe("abc");
  });

  test("are dropped for an HTTP/1.0 client", async () => {
    upstream.answer(replies(withTrailers("X-Sum: 1\r\n")));
    expect((await exchange(gateway.port, "GET /x HTTP/1.0\r\n\r\n")).body.toString()).toBe("abc");
  });
});
