import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import type { RawResponse } from "../support/messages.ts";
import { connect, exchange } from "../support/raw.ts";
import { replies } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let upstream: Upstream;
let gateway: InProcessGateway;

const SMALL = 0;
const QUICK = 1;
const FEW = 2;
const TWICE = 3;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
listen:
  - { host: 127.0.0.1, port: 0, limits: { header-bytes: 1kb, header-count: 10, target-bytes: 100b } }
  - { host: 127.0.0.1, port: 0, timeouts: { header: 300ms, body: 300ms, keep-alive: 300ms } }
  - { host: 127.0.0.1, port: 0, limits: { connections: 2 } }
  - { host: 127.0.0.1, port: 0, limits: { requests: 2 } }
plugins: { access-log: {} }
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all }]
`);
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

const portOf = (listener: number) => gateway.edges[listener]?.port ?? 0;
const codeOf = (reply: RawResponse): unknown => JSON.parse(reply.body.toString()).code;
const lines = (count: number) => "X-A: 1\r\n".repeat(count);
const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

describe("sizes of a request's head", () => {
  const ask = (request: string) => exchange(portOf(SMALL), request);

  test("up to the limits are taken", async () => {
    const target = `/${"x".repeat(99)}`;
    expect((await ask(`GET ${target} HTTP/1.1\r\nHost: a\r\n${lines(9)}\r\n`)).status).toBe(200);
    const head = "GET /x HTTP/1.1\r\nHost: a\r\nX-A: \r\n\r\n";
    const full = head.replace("X-A: ", `X-A: ${"x".repeat(1_024 - head.length)}`);
    expect([full.length, (await ask(full)).status]).toEqual([1_024, 200]);
    expect((await ask(full.replace("X-A: ", "X-A:  "))).status).toBe(431);
  });

  test("a target that is longer is 414", async () => {
    const reply = await ask(`GET /${"x".repeat(100)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect([reply.status, codeOf(reply), reply.header("connection")]).toEqual([414, "uri_too_long", "close"]);
  });

  test("a first line without an end is 414 as soon as it is too long", async () => {
    expect((await ask(`GET /${"x".repeat(1_024)}`)).status).toBe(414);
  });

  test("more lines, or more bytes, are 431, complete or not", async () => {
    for (const request of [
      `GET /x HTTP/1.1\r\nHost: a\r\n${lines(10)}\r\n`,
      `GET /x HTTP/1.1\r\nHost: a\r\nX-A: ${"x".repeat(1_000)}\r\n\r\n`,
      `GET /x HTTP/1.1\r\nHost: a\r\nX-A: ${"x".repeat(1_000)}`,
    ]) {
      const reply = await ask(request);
      expect([reply.status, codeOf(reply), reply.header("connection")]).toEqual([431, "headers_too_large", "close"]);
    }
  });

  test("a refusal reaches a client that goes on sending", async () => {
    using client = await connect(portOf(SMALL), { halfOpen: true });
    void client.send("GET /x HTTP/1.1\r\nX-A: ".padEnd(5_000_000, "x"));
    expect((await client.readResponse()).status).toBe(431);
  });
});

describe("times", () => {
  test("a head that does not come whole is 408", async () => {
    using client = await connect(portOf(QUICK));
    void client.send("GET /x HTTP/1.1\r\nHost: a\r\n");
    const reply = await client.readResponse();
    expect([reply.status, codeOf(reply), reply.header("connection")]).toEqual([408, "request_timeout", "close"]);
    await client.readAll();
  });

  test("a head that drips is 408 too: its time is not begun anew", async () => {
    using client = await connect(portOf(QUICK));
    const dripping = setInterval(() => void client.send("X"), 10);
    const reply = await client.readResponse().finally(() => clearInterval(dripping));
    expect(reply.status).toBe(408);
  });

  test("a client that says nothing is closed without a word", async () => {
    using client = await connect(portOf(QUICK));
    expect((await client.readAll()).toString()).toBe("");
  });

  test("so is one between two requests, after the keep-alive time", async () => {
    using client = await connect(portOf(QUICK));
    expect((await client.exchange(GET)).header("connection")).toBeUndefined();
    expect((await client.readAll()).toString()).toBe("");
  });

  test.each([
    ["a length", "Content-Length: 10\r\n\r\nhello"],
    ["chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
  ])("a body of %s that does not come is 408, and the upstream's request ends", async (_, rest) => {
    const before = upstream.requests.length;
    using client = await connect(portOf(QUICK));
    void client.send(`POST /x?stalls HTTP/1.1\r\nHost: a\r\n${rest}`);
    const reply = await client.readResponse();
    expect([reply.status, codeOf(reply), reply.header("connection")]).toEqual([408, "request_timeout", "close"]);
    await until(() => upstream.connections.every(({ isClosed, inbox }) => isClosed || inbox.rest.length === 0));
    expect(upstream.requests).toHaveLength(before);
  });

  test("a body that comes after its time is nobody's", async () => {
    const before = upstream.requests.length;
    using client = await connect(portOf(QUICK), { halfOpen: true });
    void client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    expect((await client.readResponse()).status).toBe(408);
    await client.send(`world${GET}`);
    expect((await client.readAll()).toString()).toBe("");
    expect(upstream.requests).toHaveLength(before);
  });

  test("a reply that takes its time is not the client's fault", async () => {
    const held = Promise.withResolvers<void>();
    upstream.answer(async (request, connection) => {
      await held.promise;
      await replies()(request, connection);
    });
    using client = await connect(portOf(QUICK));
    using idle = await connect(portOf(QUICK));
    void client.send(GET);
    // By the time the idle one is closed, the other has waited for as long.
    await idle.readAll();
    held.resolve();
    expect((await client.readResponse()).status).toBe(200);
    upstream.answer(replies());
  });
});

test("one connection more than allowed is closed at once; a place that is free again is taken", async () => {
  const port = portOf(FEW);
  using first = await connect(port);
  const second = await connect(port);
  for (const client of [first, second]) expect((await client.exchange(GET)).status).toBe(200);
  using third = await connect(port);
  await third.waitForClosed();
  expect((await first.exchange(GET)).status).toBe(200);
  second.close();
  await until(() => gateway.edges[FEW]?.connections === 1);
  expect((await exchange(port, GET)).status).toBe(200);
});

describe("requests of a connection", () => {
  test("the last reply closes it", async () => {
    using client = await connect(portOf(TWICE));
    expect((await client.exchange(GET)).header("connection")).toBeUndefined();
    expect((await client.exchange(GET)).header("connection")).toBe("close");
    await client.readAll();
  });

  test("those that come ahead of their turn are not served beyond the limit", async () => {
    const before = upstream.requests.length;
    using client = await connect(portOf(TWICE));
    void client.send(GET.repeat(3));
    expect((await client.readAll()).toString().match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(upstream.requests).toHaveLength(before + 2);
  });

  test("each connection has its own count, and none is the default", async () => {
    expect((await exchange(portOf(TWICE), GET)).header("connection")).toBeUndefined();
    using client = await connect(portOf(SMALL));
    for (let count = 0; count < 5; count += 1)
      expect((await client.exchange(GET)).header("connection")).toBeUndefined();
  });
});
