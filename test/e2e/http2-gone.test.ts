import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { ClientHttp2Stream } from "node:http2";
import type { LogLine } from "../../src/testing/lasting.ts";
import { connectHttp2, exchangeOn, fieldsOf } from "../support/http2.ts";
import { frame, headersFrame, PREFACE } from "../support/http2-frames.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { problemOf } from "../support/problem.ts";
import { connect } from "../support/raw.ts";
import { flood, hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/** What clients of the second listener are given. */
const SEND_MS = 300;
const BODY_MS = 300;

let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await startInProcess(`
listen:
  - { host: 127.0.0.1, port: 0, http2: true, limits: { body-bytes: 1mb } }
  - { host: 127.0.0.1, port: 0, http2: true, timeouts: { send: ${SEND_MS}ms, body: ${BODY_MS}ms } }
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

const hastyPort = () => gateway.ports[1] ?? 0;
const get = (query: string) => `GET /x?${query} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Begins a request whose body is still to come. */
async function post(query: string, port = gateway.port): Promise<ClientHttp2Stream> {
  const session = await connectHttp2(port);
  const { fields } = fieldsOf(`POST /x?${query} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const stream = session.request(fields);
  stream.on("error", () => {});
  stream.on("close", () => session.close());
  return stream;
}

describe("a client that goes away", () => {
  test("by a reset of its stream, before the reply: the request ends at the service, others of the connection do not", async () => {
    const before = upstream.requests.length;
    const session = await connectHttp2(gateway.port);
    const other = exchangeOn(session, get("other"));
    await upstream.waitForRequests(before + 1);
    const stream = session.request(fieldsOf(get("reset")).fields);
    stream.on("error", () => {});
    await upstream.waitForRequests(before + 2);
    stream.close(8);
    const expected = { status: 499, errorCode: "client_closed", errorSource: "downstream", attempts: 1, bytesOut: 0 };
    expect((await lineOf("reset")).fields).toMatchObject(expected);
    await until(() => upstream.open === 1);
    await upstream.connections.find((connection) => !connection.isClosed)?.send(response("late"));
    expect((await other).body.toString()).toBe("late");
    session.close();
  });

  test("by ending its connection: all of its requests end", async () => {
    const before = upstream.requests.length;
    const session = await connectHttp2(gateway.port);
    const all = ["one", "two"].map((query) => exchangeOn(session, get(query)).catch(() => {}));
    await upstream.waitForRequests(before + 2);
    session.destroy();
    for (const query of ["one", "two"]) expect((await lineOf(query)).fields).toMatchObject({ status: 499 });
    await upstream.waitForClosed();
    await until(() => gateway.edges[0]?.connections === 0);
    await Promise.all(all);
  });

  test("in mid-body of its request: the service gets no end", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    const head = headersFrame(
      1,
      [
        [":method", "POST"],
        [":scheme", "http"],
        [":path", "/x?upload"],
        [":authority", "a"],
      ],
      0,
    );
    void client.send(Buffer.concat([PREFACE, head, frame(0, 0, 1, Buffer.from("hello"))]));
    await until(() => upstream.connections.some(({ inbox }) => inbox.rest.includes("hello")));
    // By hand: the client of Node's interface ends a body before it resets its stream.
    void client.send(frame(3, 0, 1, Buffer.of(0, 0, 0, 8)));
    await upstream.waitForClosed();
    expect((await lineOf("upload")).fields).toMatchObject({ status: 499, bytesIn: 5 });
    expect(upstream.requests).toHaveLength(before);
  });

  test("in mid-body of the reply: the service is not read to the end", async () => {
    const size = 500_000_000;
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      await flood(connection, size);
    });
    const session = await connectHttp2(gateway.port);
    const stream = session.request(fieldsOf(get("download")).fields);
    stream.on("error", () => {});
    let got = 0;
    stream.on("data", (chunk: Buffer) => {
      got += chunk.byteLength;
    });
    await until(() => got > 1_000_000);
    stream.close(8);
    const { fields } = await lineOf("download");
    expect(fields).toMatchObject({ status: 200, errorCode: "client_closed", errorSource: "downstream" });
    expect(Number(fields.bytesOut)).toBeLessThan(size);
    await upstream.waitForClosed();
    expect(upstream.connections.at(-1)?.sent).toBeLessThan(size);
    session.destroy();
  });

  test("without a word, in mid-body of the reply: it has the send timeout to take a byte", async () => {
    const size = 50_000_000;
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      await flood(connection, size);
    });
    const session = await connectHttp2(hastyPort());
    const stream = session.request(fieldsOf(get("stalls")).fields);
    stream.on("error", () => {});
    const startedAt = performance.now();
    const { fields } = await lineOf("stalls");
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(SEND_MS - 5);
    expect(fields).toMatchObject({ status: 200, errorCode: "client_closed" });
    await upstream.waitForClosed();
    session.destroy();
  });
});

describe("a body", () => {
  test("that grows too large is 413, and the service gets no end of it", async () => {
    const before = upstream.requests.length;
    const stream = await post("large");
    const status = Promise.withResolvers<unknown>();
    stream.on("response", (headers) => status.resolve(headers[":status"]));
    for (let sent = 0; sent <= 1_048_576; sent += 65_536) stream.write(Buffer.alloc(65_536));
    expect(Number(await status.promise)).toBe(413);
    await upstream.waitForClosed();
    expect(upstream.requests).toHaveLength(before);
    stream.close();
  });

  test("that stops coming is 408", async () => {
    const stream = await post("slow", hastyPort());
    const status = Promise.withResolvers<unknown>();
    stream.on("response", (headers) => status.resolve(headers[":status"]));
    stream.write("he");
    expect(Number(await status.promise)).toBe(408);
    expect((await lineOf("slow")).fields).toMatchObject({ status: 408, errorCode: "request_timeout", bytesIn: 2 });
    await upstream.waitForClosed();
    stream.close();
  });

  test("passes in full, both ways, with its bytes in the log", async () => {
    const body = "0123456789".repeat(50_000);
    upstream.answer((request, connection) => connection.send(response(request.body.toString("latin1"))));
    const session = await connectHttp2(gateway.port);
    const reply = await exchangeOn(
      session,
      `POST /x?full HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(reply.body.toString() === body).toBe(true);
    expect((await lineOf("full")).fields).toMatchObject({ status: 200, bytesIn: 500_000, bytesOut: 500_000 });
    session.close();
  });
});

test("a service that dies in mid-body resets the stream, and the log has it", async () => {
  for (const start of ["Content-Length: 10\r\n\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"]) {
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\n${start}`);
      connection.close();
    });
    const session = await connectHttp2(gateway.port);
    await expect(exchangeOn(session, get("dies"))).rejects.toThrow("INTERNAL_ERROR");
    expect((await lineOf("dies")).fields).toMatchObject({ status: 200, errorCode: "upstream_reset", bytesOut: 2 });
    upstream.answer(replies());
    expect((await exchangeOn(session, get("after"))).status).toBe(200);
    session.close();
  }
});

test("a hundred requests at once on one connection are each answered, and each logged once", async () => {
  upstream.answer((request, connection) => connection.send(response(request.target)));
  const session = await connectHttp2(gateway.port);
  const queries = Array.from({ length: 100 }, (_, index) => `many${index}`);
  const bodies = await Promise.all(
    queries.map(async (query) => (await exchangeOn(session, get(query))).body.toString()),
  );
  expect(bodies).toEqual(queries.map((query) => `/x?${query}`));
  for (const query of queries) await lineOf(query);
  expect(gateway.edges[0]?.requests).toBeGreaterThanOrEqual(100);
  expect(gateway.logs.filter(({ fields }) => String(fields.query).startsWith("many"))).toHaveLength(100);
  session.close();
});

test("a problem is written as for HTTP/1.1", async () => {
  upstream.answer((_, connection) => connection.close());
  const session = await connectHttp2(gateway.port);
  expect(problemOf(await exchangeOn(session, get("problem")))).toBe("502 upstream_reset");
  session.close();
});
