import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { chunkedResponse, response } from "../support/scripts.ts";
import { turns } from "../support/turns.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

let upstream: Upstream;
let gateway: InProcessGateway;

/** Answers with method, target and body of the request, so that a reply shows whose it is. */
const describes: Script = ({ method, target, body }, connection) =>
  connection.send(response(`${method} ${target} ${body}`));

beforeAll(async () => {
  upstream = startUpstream(describes);
  gateway = await startInProcess(`
services: { all: { targets: ["${upstream.url}"] } }
routes:
  - { path: /mock, plugins: { respond: { body: mocked } } }
  - { path: /*, service: all }
`);
});
beforeEach(() => upstream.answer(describes));
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

const get = (path: string, fields = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

async function bodies(client: RawClient, count: number): Promise<readonly string[]> {
  const all: string[] = [];
  while (all.length < count) all.push((await client.readResponse()).body.toString());
  return all;
}

describe("a connection", () => {
  test("is kept, and so is the upstream's", async () => {
    const before = upstream.connections.length;
    using client = await connect(gateway.port);
    for (let i = 0; i < 5; i++) {
      const reply = await client.exchange(get(`/${i}`));
      expect([reply.body.toString(), reply.header("connection")]).toEqual([`GET /${i} `, undefined]);
    }
    expect(upstream.connections.length - before).toBeLessThanOrEqual(1);
  });

  test("is closed after a request that says so; nothing behind it is looked at", async () => {
    using client = await connect(gateway.port);
    void client.send(get("/one", "Connection: Close\r\n") + get("/two"));
    const reply = await client.readResponse();
    expect([reply.body.toString(), reply.header("connection")]).toEqual(["GET /one ", "close"]);
    expect((await client.readAll()).toString()).toBe("");
    expect(upstream.requests.filter(({ target }) => target === "/two")).toEqual([]);
  });

  test("of HTTP/1.0 is closed, unless it asks to be kept", async () => {
    using old = await connect(gateway.port);
    void old.send("GET /old HTTP/1.0\r\n\r\nGET /more HTTP/1.0\r\n\r\n");
    const text = (await old.readAll()).toString();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n\r\nGET \/old $/);
    using kept = await connect(gateway.port);
    for (const path of ["/one", "/two"]) {
      const reply = await kept.exchange(`GET ${path} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
      expect([reply.body.toString(), reply.header("connection")]).toEqual([`GET ${path} `, "keep-alive"]);
    }
  });

  test("takes empty lines before a request", async () => {
    using client = await connect(gateway.port);
    void client.send(`\r\n\r\n${get("/one")}\r\n${get("/two")}`);
    expect(await bodies(client, 2)).toEqual(["GET /one ", "GET /two "]);
  });
});

describe("pipelining", () => {
  test("50 requests in one segment are answered in their order", async () => {
    using client = await connect(gateway.port);
    const paths = Array.from({ length: 50 }, (_, i) => (i % 7 === 3 ? "/mock" : `/${i}`));
    void client.send(paths.map((path) => get(path)).join(""));
    expect(await bodies(client, 50)).toEqual(paths.map((path) => (path === "/mock" ? "mocked" : `GET ${path} `)));
  });

  test("a slow reply is not overtaken", async () => {
    const before = upstream.requests.length;
    const held = Promise.withResolvers<void>();
    upstream.answer(async (request, connection) => {
      if (request.target === "/slow") await held.promise;
      await describes(request, connection);
    });
    using client = await connect(gateway.port);
    void client.send(get("/slow") + get("/mock"));
    await upstream.waitForRequests(before + 1);
    using other = await connect(gateway.port);
    await other.exchange(get("/other"));
    expect(client.inbox.total).toBe(0);
    held.resolve();
    expect(await bodies(client, 2)).toEqual(["GET /slow ", "mocked"]);
  });

  test("ten megabytes of requests are answered", async () => {
    upstream.answer((request, connection) => connection.send(response(String(request.body.length))));
    using client = await connect(gateway.port);
    const body = "x".repeat(100_000);
    const one = `POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n${body}`;
    void client.send(Buffer.from(one.repeat(100)));
    expect(await bodies(client, 100)).toEqual(Array.from({ length: 100 }, () => "100000"));
  });

  test("a bad request behind good ones is refused in its turn", async () => {
    using client = await connect(gateway.port);
    void client.send(`${get("/one")}${get("/two")}BAD\r\n\r\n${get("/three")}`);
    expect(await bodies(client, 2)).toEqual(["GET /one ", "GET /two "]);
    expect((await client.readResponse()).status).toBe(400);
    expect((await client.readAll()).toString()).toBe("");
  });
});

describe("requests split at any byte", () => {
  const CHUNKS = '5;x="y;z"\r\n';
  const stream =
    `\r\n${get("/a?b=c", "X-A: 1\r\n")}` +
    `POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello` +
    `POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}world\r\n0\r\nX-T: 1\r\n\r\n` +
    get("/d");
  const expected = ["GET /a?b=c ", "POST /b hello", "POST /c world", "GET /d "];

  test("into two", async () => {
    for (let at = 1; at < stream.length; at++) {
      using client = await connect(gateway.port);
      void client.send(stream.slice(0, at));
      await turns();
      void client.send(stream.slice(at));
      expect([at, await bodies(client, 4)]).toEqual([at, expected]);
    }
  });

  test("into single bytes", async () => {
    using client = await connect(gateway.port);
    for (const byte of stream) {
      void client.send(byte);
      await turns();
    }
    expect(await bodies(client, 4)).toEqual(expected);
  });

  test("responses, too", async () => {
    const reply = chunkedResponse(["hello ", "world"]);
    for (let at = 1; at < reply.length; at++) {
      upstream.answer(async (_, connection) => {
        await connection.send(reply.slice(0, at));
        await turns();
        await connection.send(reply.slice(at));
      });
      using client = await connect(gateway.port);
      expect([at, (await client.exchange(get("/x"))).body.toString()]).toEqual([at, "hello world"]);
    }
  });
});

describe("a client that has ended its half", () => {
  test("is answered", async () => {
    using client = await connect(gateway.port, { halfOpen: true });
    void client.send(get("/one"));
    client.halfClose();
    expect((await client.readAll()).toString()).toEndWith("GET /one ");
  });

  test("is answered to all that it has sent", async () => {
    using client = await connect(gateway.port, { halfOpen: true });
    void client.send(get("/one") + get("/two") + get("/three"));
    client.halfClose();
    expect(await bodies(client, 3)).toEqual(["GET /one ", "GET /two ", "GET /three "]);
    expect((await client.readAll()).toString()).toBe("");
  });

  test("is answered however long it takes", async () => {
    const held = Promise.withResolvers<void>();
    upstream.answer(async (request, connection) => {
      await held.promise;
      await describes(request, connection);
    });
    using client = await connect(gateway.port, { halfOpen: true });
    void client.send(get("/one"));
    client.halfClose();
    // An interim response, by which the gateway finds out whether somebody is there.
    expect((await client.readResponse()).status).toBe(100);
    held.resolve();
    expect((await client.readAll()).toString()).toEndWith("GET /one ");
  });

  test("without having asked anything is closed", async () => {
    using client = await connect(gateway.port, { halfOpen: true });
    client.halfClose();
    expect((await client.readAll()).toString()).toBe("");
  });
});
