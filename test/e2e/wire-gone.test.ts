import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { LogLine } from "../../src/testing/lasting.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect } from "../support/raw.ts";
import { flood, hangs, replies } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
plugins: { access-log: { query: true } }
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all }]
`);
});
beforeEach(() => upstream.answer(hangs()));
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

function lineOf(query: string): Promise<LogLine> {
  return gateway.waitForLog(({ message, fields }) => message === "request" && fields.query === query);
}

const get = (query: string, version = "1.1") => `GET /x?${query} HTTP/${version}\r\nHost: a\r\n\r\n`;

describe("a client that goes away", () => {
  test("by a reset, before the reply: the upstream's request ends, and the log says 499", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    void client.send(get("reset"));
    await upstream.waitForRequests(before + 1);
    client.reset();
    await upstream.waitForClosed();
    const expected = { status: 499, errorCode: "client_closed", errorSource: "downstream", attempts: 1, bytesOut: 0 };
    expect((await lineOf("reset")).fields).toMatchObject(expected);
    expect((await lineOf("reset")).level).toBe("info");
    await until(() => gateway.edges[0]?.connections === 0);
  });

  test("by closing, before the reply", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    void client.send(get("close"));
    await upstream.waitForRequests(before + 1);
    client.close();
    await upstream.waitForClosed();
    expect((await lineOf("close")).fields).toMatchObject({ status: 499, errorCode: "client_closed" });
  });

  test("in mid-body of its request: the upstream gets no end", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    void client.send("POST /x?upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    await until(() => upstream.connections.some(({ inbox }) => inbox.rest.includes("hello")));
    client.close();
    await upstream.waitForClosed();
    expect((await lineOf("upload")).fields).toMatchObject({ status: 499, bytesIn: 5 });
    expect(upstream.requests).toHaveLength(before);
  });

  test("in mid-body of the reply: the upstream is not read to the end", async () => {
    const size = 500_000_000;
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      await flood(connection, size);
    });
    using client = await connect(gateway.port);
    client.inbox.discard();
    void client.send(get("download"));
    await client.waitForBytes(1_000_000);
    client.reset();
    await upstream.waitForClosed();
    const { fields } = await lineOf("download");
    expect(fields).toMatchObject({ status: 200, errorCode: "client_closed", errorSource: "downstream" });
    expect(Number(fields.bytesOut)).toBeLessThan(size);
    expect(upstream.connections.at(-1)?.sent).toBeLessThan(size);
  });

  test("with its requests still in line: none of them is asked any more", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    void client.send(get("first") + get("second"));
    await upstream.waitForRequests(before + 1);
    client.reset();
    expect((await lineOf("first")).fields).toMatchObject({ status: 499 });
    await upstream.waitForClosed();
    expect(upstream.requests).toHaveLength(before + 1);
  });

  test("does not count against the target: others are served", async () => {
    upstream.answer(replies());
    using client = await connect(gateway.port);
    expect((await client.exchange(get("after"))).status).toBe(200);
  });
});

test("an upstream that dies in mid-body takes the client's connection with it", async () => {
  for (const start of ["Content-Length: 10\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"]) {
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\n${start}`);
      connection.close();
    });
    using client = await connect(gateway.port, { halfOpen: true });
    void client.send(get("dies"));
    await client.waitForClosed();
    expect(client.inbox.ending).toBe("ECONNRESET");
    expect(client.inbox.rest.toString()).toMatch(/ab(?:\r\n)?$/);
  }
});
