import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { connectHttp2, exchangeHttp2, exchangeOn, sessionClosed } from "../support/http2.ts";
import { PREFACE } from "../support/http2-frames.ts";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const GET = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
const KEEP_ALIVE_MS = 300;
const HEADER_MS = 300;
/** The listeners whose clients are given little time, and which takes two connections at a time. */
const QUICK = 4;
const FEW = 5;

const folder = tempFolder();
const { server, ca, client } = makeCertificates(folder.path);
const trust = { ca: ca.cert };
let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(() => {
  upstream = startUpstream(replies());
});
beforeEach(async () => {
  upstream.answer(replies());
  const tls = `tls: { cert: ${server.certFile}, key: ${server.keyFile} }`;
  const asking = tls.replace(" }", `, client-certificates: { ca: ${ca.certFile} } }`);
  const timeouts = `timeouts: { keep-alive: ${KEEP_ALIVE_MS}ms, header: ${HEADER_MS}ms }`;
  gateway = await startInProcess(`
listen:
  - { host: 127.0.0.1, port: 0, http2: true }
  - { host: 127.0.0.1, port: 0, http2: true, ${tls} }
  - { host: 127.0.0.1, port: 0, ${tls} }
  - { host: 127.0.0.1, port: 0, http2: true, ${asking} }
  - { host: 127.0.0.1, port: 0, http2: true, ${timeouts} }
  - { host: 127.0.0.1, port: 0, http2: true, limits: { connections: 2 } }
plugins: { access-log: {} }
services: { all: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: all, upgrade: [websocket] }]
`);
});
afterEach(() => gateway.stop());
afterAll(() => {
  upstream.stop();
  folder.remove();
});

const portOf = (index: number) => gateway.edges[index]?.port ?? 0;

describe("the protocol", () => {
  test("over TLS is what the handshake agrees on", async () => {
    expect((await exchangeHttp2(portOf(1), GET, trust)).status).toBe(200);
    expect(upstream.requests.at(-1)?.header("via")).toStartWith("2 ");
    expect((await exchange(portOf(1), GET, { tls: { ...trust, serverName: "localhost" } })).status).toBe(200);
    expect(upstream.requests.at(-1)?.header("via")).toStartWith("1.1 ");
    await expect(exchangeHttp2(portOf(2), GET, trust)).rejects.toThrow();
  });

  test("without TLS is what the first bytes say, in any pieces", async () => {
    using old = await connect(portOf(0));
    for (const piece of ["P", "RI", " /x HTTP/1.1\r\nHost: a\r\n\r\n"]) await old.send(piece);
    expect((await old.readResponse()).status).toBe(200);
    expect(upstream.requests.at(-1)?.method).toBe("PRI");
    using fresh = await connect(portOf(0));
    for (const octet of PREFACE) await fresh.send(Buffer.of(octet));
    // A SETTINGS frame of the server's own.
    await until(() => fresh.inbox.rest.byteLength >= 9 && fresh.inbox.rest.readUInt8(3) === 4);
  });

  test.each(["P", "PRI * HTTP/2.0\r\n"])("without TLS is HTTP/1 for a client that stops at %j: 408", async (start) => {
    using client = await connect(portOf(QUICK));
    await client.send(start);
    const reply = await client.readResponse();
    expect([reply.status, reply.header("connection")]).toEqual([408, "close"]);
    await client.readAll();
    await until(() => gateway.edges[QUICK]?.connections === 0);
  });

  test("without TLS is HTTP/1 for a client that stops behind the first line: 505", async () => {
    using client = await connect(portOf(QUICK));
    await client.send("PRI * HTTP/2.0\r\n\r\nSM");
    expect((await client.readResponse()).status).toBe(505);
  });

  test("HTTP/1.1 has all that it has elsewhere: an upgrade, for one", async () => {
    upstream.answer(replies("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"));
    using old = await connect(portOf(0));
    const fields = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    expect((await old.exchange(`GET /x HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)).status).toBe(101);
    expect(gateway.edges[0]?.tunnels).toBe(1);
  });
});

describe("the listener's certificate demands", () => {
  test("hold for HTTP/2", async () => {
    const own = { cert: client.cert, key: client.key };
    expect((await exchangeHttp2(portOf(3), GET, { ...trust, ...own })).status).toBe(200);
    const before = upstream.requests.length;
    await expect(exchangeHttp2(portOf(3), GET, trust)).rejects.toThrow();
    expect(upstream.requests).toHaveLength(before);
  });
});

describe("a connection", () => {
  test("over the limit is closed, and counted until it has ended", async () => {
    const sessions = [await connectHttp2(portOf(FEW)), await connectHttp2(portOf(FEW))];
    for (const session of sessions) expect((await exchangeOn(session, GET)).status).toBe(200);
    expect(gateway.edges[FEW]?.connections).toBe(2);
    await expect(exchangeHttp2(portOf(FEW), GET)).rejects.toThrow();
    for (const session of sessions) session.close();
    await until(() => gateway.edges[FEW]?.connections === 0);
    expect((await exchangeHttp2(portOf(FEW), GET)).status).toBe(200);
  });

  test("ends when it has been idle for its time, but not while a request is under way", async () => {
    let answeredAt = 0;
    upstream.answer(async (_, connection) => {
      await Bun.sleep(2 * KEEP_ALIVE_MS);
      answeredAt = performance.now();
      await connection.send(response("late"));
    });
    const session = await connectHttp2(portOf(QUICK));
    expect((await exchangeOn(session, GET)).body.toString()).toBe("late");
    await sessionClosed(session);
    expect(performance.now() - answeredAt).toBeGreaterThanOrEqual(KEEP_ALIVE_MS - 10);
    await until(() => gateway.edges[QUICK]?.connections === 0);
  });

  test("that never brings a request ends after the time for a head", async () => {
    using silent = await connect(portOf(QUICK));
    using begun = await connect(portOf(QUICK));
    void begun.send(PREFACE);
    await silent.waitForClosed();
    await begun.waitForClosed();
    await until(() => gateway.edges[QUICK]?.connections === 0);
  });
});

describe("a gateway that stops", () => {
  test("finishes the requests under way, takes no more, and ends the connection", async () => {
    const release = Promise.withResolvers<void>();
    upstream.answer(async (_, connection) => {
      await release.promise;
      await connection.send(response("finished"));
    });
    const before = upstream.requests.length;
    const session = await connectHttp2(portOf(1), trust);
    const goaway = Promise.withResolvers<number>();
    session.on("goaway", (code) => goaway.resolve(code));
    const reply = exchangeOn(session, GET);
    await upstream.waitForRequests(before + 1);
    const stopped = gateway.stop(5_000);
    expect(await goaway.promise).toBe(0);
    await expect(connectHttp2(portOf(1), trust)).rejects.toThrow();
    release.resolve();
    expect((await reply).body.toString()).toBe("finished");
    await stopped;
    await sessionClosed(session);
    expect(gateway.logs.filter(({ message }) => message === "request")).toHaveLength(1);
  });

  test("does not wait for idle connections", async () => {
    const session = await connectHttp2(portOf(1), trust);
    await exchangeOn(session, GET);
    const startedAt = performance.now();
    await gateway.stop(60_000);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await sessionClosed(session);
  });

  test("cuts what is left at the deadline, and says so in the log", async () => {
    upstream.answer(hangs());
    const before = upstream.requests.length;
    const session = await connectHttp2(portOf(1), trust);
    const reply = exchangeOn(session, GET).catch((error: Error) => error);
    await upstream.waitForRequests(before + 1);
    await gateway.stop(50);
    expect(await reply).toBeInstanceOf(Error);
    expect((await gateway.waitForLog(({ message }) => message === "request")).fields).toMatchObject({ status: 499 });
    await upstream.waitForClosed();
  });
});

test("a reply to HEAD has the length of that to GET", async () => {
  upstream.answer(replies("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"));
  const reply = await exchangeHttp2(portOf(1), "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n", trust);
  expect([reply.status, reply.header("content-length"), reply.body.length]).toEqual([200, "7", 0]);
});
