import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { LogLine } from "../../src/testing/lasting.ts";
import { exchangeHttp2 } from "../support/http2.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { freePort } from "../support/ports.ts";
import { connect, exchange } from "../support/raw.ts";
import { flood, hangs, replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

const folder = tempFolder();
const { server, ca } = makeCertificates(folder.path);
const tls = `tls: { cert: ${server.certFile}, key: ${server.keyFile} }`;
let upstream: Upstream;
let gateway: InProcessGateway;

const start = (port = 0, keys = "", keepAlive = "65s") =>
  startInProcess(`
listen:
  host: 127.0.0.1
  port: ${port}
  ${tls}
  http2: true
  http3: true
  timeouts: { keep-alive: ${keepAlive} }
  limits: { body-bytes: 1mb ${keys} }
plugins: { access-log: { query: true } }
services: { all: { targets: ["${upstream.url}"] } }
routes:
  - { path: /own, service: all, plugins: { headers: { response: { set: { alt-svc: clear } } } } }
  - { path: /*, service: all }
`);

beforeAll(async () => {
  upstream = startUpstream(replies());
  gateway = await start();
});
beforeEach(() => upstream.answer(replies()));
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
  folder.remove();
});

function ask(query: string, init: RequestInit = {}, to: InProcessGateway = gateway): Promise<Response> {
  const own = { protocol: "http3", tls: { rejectUnauthorized: false } } as const;
  return fetch(`https://127.0.0.1:${to.port}/x?${query}`, { ...own, ...init });
}

function lineOf(query: string, of: InProcessGateway = gateway): Promise<LogLine> {
  return of.waitForLog(({ message, fields }) => message === "request" && fields.query === query);
}

/** Resolves when the connection that the latest request came on is closed. */
async function carrierClosed(): Promise<void> {
  const latest = upstream.requests.at(-1);
  const carrier = upstream.connections.find(({ requests }) => latest !== undefined && requests.includes(latest));
  await until(() => carrier?.isClosed);
}

describe("clients of the other protocols", () => {
  const trust = { ca: ca.cert };
  const http1 = (request: string) => exchange(gateway.port, request, { tls: { ...trust, serverName: "localhost" } });

  test("are told of HTTP/3, in replies and in refusals", async () => {
    const value = `h3=":${gateway.port}"; ma=86400`;
    expect((await http1(GET)).header("alt-svc")).toBe(value);
    expect((await exchangeHttp2(gateway.port, GET, trust)).header("alt-svc")).toBe(value);
    expect((await http1("GET /x HTTP/1.1\r\n\r\n")).all("alt-svc")).toEqual([value]);
  });

  test("are told what a route says of it instead", async () => {
    expect((await http1("GET /own HTTP/1.1\r\nHost: a\r\n\r\n")).all("alt-svc")).toEqual(["clear"]);
  });
});

describe("a client that goes away", () => {
  test("before the reply: the request ends at the service, and the log says 499", async () => {
    upstream.answer(hangs());
    const before = upstream.requests.length;
    const leaving = new AbortController();
    const reply = ask("gone", { signal: leaving.signal }).catch((error: Error) => error.name);
    await upstream.waitForRequests(before + 1);
    leaving.abort();
    expect(await reply).toBe("AbortError");
    expect((await lineOf("gone")).fields).toMatchObject({ status: 499, errorCode: "client_closed", attempts: 1 });
    await carrierClosed();
  });

  test("in mid-body of the reply: the service is not read to the end", async () => {
    const size = 500_000_000;
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      await flood(connection, size);
    });
    const leaving = new AbortController();
    const reply = await ask("download", { signal: leaving.signal });
    await reply.body?.getReader().read();
    leaving.abort();
    expect((await lineOf("download")).fields).toMatchObject({ status: 200, errorCode: "client_closed" });
    await carrierClosed();
    expect(upstream.connections.at(-1)?.sent).toBeLessThan(size);
  });
});

test("a body passes in full, both ways, with its bytes in the log", async () => {
  const body = "0123456789".repeat(50_000);
  upstream.answer((request, connection) => connection.send(response(request.body.toString("latin1"))));
  const reply = await ask("full", { method: "POST", body });
  expect((await reply.text()) === body).toBe(true);
  expect((await lineOf("full")).fields).toMatchObject({ status: 200, bytesIn: 500_000, bytesOut: 500_000 });
});

test("a body over the limit is 413", async () => {
  const before = upstream.requests.length;
  const reply = await ask("large", { method: "POST", body: "x".repeat(1_048_577) });
  expect([reply.status, ((await reply.json()) as { code: string }).code]).toEqual([413, "payload_too_large"]);
  expect(upstream.requests).toHaveLength(before);
});

describe("a service that dies in mid-body", () => {
  const dies = (fields: string) =>
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\n${fields}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`);
      connection.close();
    });

  const diesShort = () =>
    upstream.answer(async (_, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab");
      connection.close();
    });

  test.each([
    ["chunks", "chunks", () => dies("")],
    ["a length", "length", diesShort],
  ])("leaves a reply of %s without an end, since Bun would end it as if it were whole", async (_what, query, act) => {
    act();
    const leaving = new AbortController();
    const text = (await ask(query, { signal: leaving.signal })).text().catch((error: Error) => error.name);
    expect((await lineOf(query)).fields).toMatchObject({ errorCode: "upstream_reset", bytesOut: 2 });
    const later = new Promise((resolve) => setTimeout(resolve, 100, "no end"));
    expect(await Promise.race([text, later])).toBe("no end");
    leaving.abort();
    expect(await text).toBe("AbortError");
  });

  test("ends a stream of events, whose clients then connect again", async () => {
    dies("Content-Type: text/event-stream\r\n");
    expect(await (await ask("events")).text()).toBe("ab");
    expect((await lineOf("events")).fields).toMatchObject({ errorCode: "upstream_reset" });
  });
});

test("a stream that is quiet for longer than a connection may be idle is not cut", async () => {
  await using hasty = await start(0, "", "1s");
  upstream.answer(async (_, connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    await connection.send("9\r\ndata: 1\n\n\r\n");
    await Bun.sleep(2_500);
    await connection.send("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
  });
  expect(await (await ask("quiet", {}, hasty)).text()).toBe("data: 1\n\ndata: 2\n\n");
});

test("a client more than there may be connections is 503", async () => {
  await using small = await start(0, ", connections: 1");
  upstream.answer(hangs());
  const before = upstream.requests.length;
  // A client is an address and a port: one of another process has a port of its own.
  const script = `await fetch("https://127.0.0.1:${small.port}/x", { protocol: "http3", tls: { rejectUnauthorized: false } })`;
  const other = Bun.spawn(["bun", "-e", script], { stdout: "ignore", stderr: "ignore" });
  try {
    await upstream.waitForRequests(before + 1);
    expect(small.edges[0]?.connections).toBe(1);
    expect((await ask("second", {}, small)).status).toBe(503);
    other.kill();
    await other.exited;
  } finally {
    other.kill();
  }
});

describe("a gateway that stops", () => {
  test("finishes the requests under way", async () => {
    await using stopping = await start();
    const release = Promise.withResolvers<void>();
    upstream.answer(async (_, connection) => {
      await release.promise;
      await connection.send(response("finished"));
    });
    const before = upstream.requests.length;
    const reply = ask("drained", {}, stopping);
    await upstream.waitForRequests(before + 1);
    const stopped = stopping.stop(5_000);
    release.resolve();
    expect(await (await reply).text()).toBe("finished");
    await stopped;
    expect((await lineOf("drained", stopping)).fields).toMatchObject({ status: 200 });
  });

  test("cuts what is left at the deadline", async () => {
    await using stopping = await start();
    upstream.answer(hangs());
    const before = upstream.requests.length;
    const leaving = new AbortController();
    // Bun does not tell the client.
    const reply = ask("cut", { signal: leaving.signal }, stopping).catch((error: Error) => error);
    await upstream.waitForRequests(before + 1);
    await stopping.stop(50);
    expect((await lineOf("cut", stopping)).fields).toMatchObject({ status: 499 });
    await carrierClosed();
    leaving.abort();
    await reply;
  });
});

test("without the UDP port the listener does not open, and lets go of the TCP port", async () => {
  const taken = await Bun.udpSocket({ hostname: "127.0.0.1", port: freePort() });
  try {
    await expect(start(taken.port)).rejects.toThrow("UDP port");
    await until(() =>
      connect(taken.port).then(
        () => false,
        () => true,
      ),
    );
  } finally {
    taken.close();
  }
});
