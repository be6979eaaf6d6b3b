import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { flood, hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream, type UpstreamConnection } from "../support/upstream.ts";

const BODY_MS = 600;
const SEND_MS = 300;

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let upstream: Upstream;
let serial = 0;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(hangs(), { atHead: true }));
  const service = (more: string) => `{ targets: ["${upstream.url}"], ${more} }`;
  gateway = cleanup.use(
    await startGateway(`
listen: { host: 127.0.0.1, port: 0, timeouts: { body: ${BODY_MS}ms, send: ${SEND_MS}ms }, limits: { body-bytes: 1gb } }
plugins: { access-log: {} }
services:
  main: ${service("")}
  narrow: ${service("pool: { max-connections: 1 }, timeouts: { pool: 20s }")}
routes:
  - { path: /*, service: main }
  - { path: /narrow/*, service: narrow }
  - { path: /ping, plugins: { respond: { status: 204 } } }
`),
  );
});

afterAll(() => cleanup.disposeAsync());

/** A path that nobody has asked for yet, so that its line in the log can be told from all others. */
function newPath(folder = ""): string {
  return `${folder}/${++serial}`;
}

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
}

/** The upstream's connection that brought the request. */
function carrierOf(path: string): UpstreamConnection | undefined {
  return upstream.connections.find(({ requests }) => requests.some(({ target }) => target === path));
}

function logged(path: string): Promise<Readonly<Record<string, unknown>>> {
  return gateway.waitForLog((line) => line.msg === "request" && line.path === path);
}

describe("a client that goes away before the reply", () => {
  test.each(["reset", "close"] as const)("by %s: 499 in the log, and the upstream request is ended", async (how) => {
    upstream.answer(hangs());
    const path = newPath();
    const client = await connect(gateway.port);
    void client.send(get(path));
    await until(() => carrierOf(path));
    client[how]();
    await until(() => carrierOf(path)?.isClosed);
    expect(await logged(path)).toMatchObject({
      status: 499,
      errorCode: "client_closed",
      errorSource: "downstream",
      level: "info",
      bytesOut: 0,
    });
  });

  test("in the middle of its upload: the target does not get a request that looks whole", async () => {
    upstream.answer(hangs());
    const path = newPath();
    const client = await connect(gateway.port);
    void client.send(`POST ${path} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`);
    const connection = await until(() => carrierOf(path));
    client.reset();
    await connection.waitForClosed();
    expect(connection.inbox.rest.toString()).toEndWith("4\r\nhalf\r\n");
    expect(await logged(path)).toMatchObject({ status: 499, errorCode: "client_closed", bytesIn: 4 });
  });

  test("while it waits for a connection: the target never hears of it", async () => {
    upstream.answer(hangs());
    using first = await connect(gateway.port);
    const [busy, given, next] = [newPath("/narrow"), newPath("/narrow"), newPath("/narrow")];
    void first.send(get(busy));
    await until(() => carrierOf(busy));
    const second = await connect(gateway.port);
    void second.send(get(given));
    using third = await connect(gateway.port);
    void third.send(get(next));
    // Once it has answered this, the gateway has the two before, too.
    await exchange(gateway.port, get("/ping"));
    second.reset();
    expect(await logged(given)).toMatchObject({ status: 499, errorCode: "client_closed" });
    upstream.answer(replies(response("fine")));
    first.reset();
    expect((await third.readResponse()).body.toString()).toBe("fine");
    expect(carrierOf(given)).toBeUndefined();
  });
});

describe("a client that goes away within the reply", () => {
  test.each(["reset", "close"] as const)("by %s: its code in the log, and the upstream's is ended", async (how) => {
    upstream.answer(async (_, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
      await flood(connection, 1_000_000_000);
    });
    const path = newPath();
    const client = await connect(gateway.port);
    client.inbox.discard();
    void client.send(get(path));
    await client.waitForBytes(1_000_000);
    client[how]();
    await until(() => carrierOf(path)?.isClosed);
    expect(await logged(path)).toMatchObject({ status: 200, errorCode: "client_closed", errorSource: "downstream" });
  });

  test("which stands still for want of bytes: it is found out as well", async () => {
    upstream.answer(replies("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"));
    const path = newPath();
    const client = await connect(gateway.port);
    void client.send(get(path));
    await client.readUntil("data: 1");
    client.close();
    await until(() => carrierOf(path)?.isClosed);
    expect(await logged(path)).toMatchObject({ errorCode: "client_closed" });
  });

  test("or stops reading: it is cut after the send timeout", async () => {
    upstream.answer(async (_, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
      await flood(connection, 1_000_000_000);
    });
    const path = newPath();
    const client = await connect(gateway.port);
    client.pause();
    void client.send(get(path));
    expect(await logged(path)).toMatchObject({ status: 200, errorCode: "client_closed" });
    await until(() => carrierOf(path)?.isClosed);
    client.reset();
  });
});

describe("a client whose upload stalls", () => {
  test.each([
    ["with a length", "Content-Length: 10\r\n\r\nhalf"],
    ["in chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
  ])("%s gets 408 after the body timeout, and the upstream request is ended", async (_, rest) => {
    upstream.answer(hangs());
    const path = newPath();
    const startedAt = performance.now();
    const answer = await exchange(gateway.port, `POST ${path} HTTP/1.1\r\nHost: a.test\r\n${rest}`);
    const ms = performance.now() - startedAt;
    expect(problemOf(answer)).toBe("408 request_timeout");
    expect(answer.header("connection")).toBe("close");
    expect(ms).toBeWithin(BODY_MS - 5, BODY_MS + 4_000);
    await until(() => carrierOf(path)?.isClosed);
    expect(await logged(path)).toMatchObject({ status: 408, errorCode: "request_timeout", errorSource: "downstream" });
  });

  test("but not one that is slow: each byte is given the time anew", async () => {
    upstream.answer(async (_, connection) => {
      await connection.readUntil("\r\n\r\nabcdefghijkl");
      await connection.send(response("got it"));
      connection.close();
    });
    using client = await connect(gateway.port);
    void client.send("POST /slow HTTP/1.1\r\nHost: a.test\r\nContent-Length: 12\r\n\r\n");
    for (const octet of "abcdefghijkl") {
      await Bun.sleep(BODY_MS / 10);
      await client.send(octet);
    }
    expect((await client.readResponse()).body.toString()).toBe("got it");
  });
});

describe("an upload that the upstream does not take to its end", () => {
  test.each(["close", "reset"] as const)("by %s: 502 at once, though the client has more to send", async (how) => {
    upstream.answer((_, connection) => connection[how]());
    using client = await connect(gateway.port);
    void client.send("POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nhalf");
    const answer = await client.readResponse();
    expect(problemOf(answer)).toBe("502 upstream_reset");
    expect(answer.header("connection")).toBe("close");
    void client.send("the rest, or a part of it");
    await client.waitForClosed();
  });

  test("but answers: the client gets that answer, and its connection is ended after it", async () => {
    upstream.answer((_, connection) => connection.send(response("enough", { status: 413 })));
    using client = await connect(gateway.port);
    void client.send("POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\nhalf");
    const answer = await client.readResponse();
    expect([answer.status, answer.body.toString(), answer.header("connection")]).toEqual([413, "enough", "close"]);
    await client.waitForClosed();
  });
});
