import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { echoes, replies, response } from "../support/scripts.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let upstream: Upstream;
/** Answers as soon as it has the head. */
let hasty: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies());
  hasty = startUpstream(replies(), { atHead: true });
  gateway = await startInProcess(`
listen: { host: 127.0.0.1, port: 0, limits: { body-bytes: 100kb } }
plugins: { access-log: {} }
services:
  usual: { targets: ["${upstream.url}"] }
  hasty: { targets: ["${hasty.url}"] }
routes:
  - { path: /x, service: usual }
  - { path: /hasty, service: hasty }
  - { path: /mock, plugins: { respond: { body: mocked } } }
  - { path: /small, service: usual, plugins: { body-limit: { size: 10b } } }
`);
});
beforeEach(() => {
  upstream.answer(replies());
  hasty.answer(replies());
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
  hasty.stop();
});

function post(path: string, fields: string, body = ""): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`;
}

const CHUNKED = "Transfer-Encoding: chunked\r\n";
const codeOf = (body: Buffer): unknown => JSON.parse(body.toString()).code;

describe("request bodies", () => {
  test("of a length arrive whole, however they are cut", async () => {
    const body = Buffer.alloc(50_000, "0123456789").toString();
    using client = await connect(gateway.port);
    void client.send(post("/x", `Content-Length: ${body.length}\r\n`, body.slice(0, 10)));
    for (let at = 10; at < body.length; at += 9_999) await client.send(body.slice(at, at + 9_999));
    expect((await client.readResponse()).status).toBe(200);
    const request = upstream.requests.at(-1);
    expect(request?.header("content-length")).toBe(String(body.length));
    expect(request?.body.toString() === body).toBe(true);
  });

  test("of chunks arrive as chunks, without their extensions", async () => {
    await exchange(gateway.port, post("/x", CHUNKED, "5;a=b\r\nhello\r\n0001\r\n!\r\n0;last\r\n\r\n"));
    const request = upstream.requests.at(-1);
    expect(request?.header("content-length")).toBeUndefined();
    expect(request?.all("transfer-encoding")).toEqual(["chunked"]);
    expect(request?.raw.slice(request.raw.indexOf("\r\n\r\n") + 4)).toBe("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
  });

  test("with trailers bring them, but none about framing, credentials or the client", async () => {
    const bad =
      "Host: evil\r\nAuthorization: Bearer evil\r\nContent-Length: 9\r\nX-Forwarded-For: 6.6.6.6\r\nCookie: a\r\n";
    await exchange(gateway.port, post("/x", CHUNKED, `1\r\na\r\n0\r\n${bad}X-Sum: 1\r\nX-Real-IP: 6.6.6.6\r\n\r\n`));
    expect(upstream.requests.at(-1)?.trailers).toEqual([["x-sum", "1"]]);
  });

  test.each(["GET", "DELETE", "OPTIONS", "PURGE"])("of %s are bodies too", async (method) => {
    const request = `${method} /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`;
    expect((await exchange(gateway.port, request)).status).toBe(200);
    expect(upstream.requests.at(-1)).toMatchObject({ method, body: Buffer.from("hello") });
  });

  test("and replies flow both ways at once", async () => {
    hasty.answer(async (_, connection) => {
      connection.isRaw = true;
      await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n0:\r\n");
      await connection.readUntil("ping\r\n");
      await connection.send("4\r\npong\r\n0\r\n\r\n");
    });
    using client = await connect(gateway.port);
    void client.send(post("/hasty", CHUNKED));
    await client.readUntil("2\r\n0:\r\n");
    void client.send("4\r\nping\r\n");
    await client.readUntil("4\r\npong\r\n0\r\n\r\n");
    await client.readAll();
  });

  test("that nobody reads do not become the next request", async () => {
    const hidden = "GET /x?hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    using client = await connect(gateway.port);
    void client.send(post("/mock", `Content-Length: ${hidden.length + 100}\r\n`, hidden));
    const reply = await client.readResponse();
    expect([reply.body.toString(), reply.header("connection")]).toEqual(["mocked", "close"]);
    await client.readAll();
    expect(upstream.requests.filter(({ target }) => target.includes("hidden"))).toEqual([]);
  });

  test("that nobody reads but have come do not cost the connection", async () => {
    using client = await connect(gateway.port);
    for (const fields of ["Content-Length: 5\r\n", CHUNKED]) {
      const body = fields === CHUNKED ? "5\r\nhello\r\n0\r\n\r\n" : "hello";
      const reply = await client.exchange(post("/mock", fields, body));
      expect([reply.body.toString(), reply.header("connection")]).toEqual(["mocked", undefined]);
    }
  });
});

describe("Expect: 100-continue", () => {
  const EXPECT = "Expect: 100-continue\r\n";

  test("is answered when the upstream is to have the body, and goes no further", async () => {
    using client = await connect(gateway.port);
    void client.send(post("/x", `${EXPECT}Content-Length: 5\r\n`));
    expect(await client.readUntil("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect((await client.exchange("hello")).status).toBe(200);
    expect(upstream.requests.at(-1)?.header("expect")).toBeUndefined();
    expect(upstream.requests.at(-1)?.body.toString()).toBe("hello");
  });

  test.each([
    ["404", "/none", "Content-Length: 5\r\n"],
    ["413", "/x", "Content-Length: 200000\r\n"],
    ["413", "/small", "Content-Length: 11\r\n"],
    ["200", "/mock", "Content-Length: 5\r\n"],
    ["200", "/mock", CHUNKED],
  ])("is not when the answer is %s already (%s, %s)", async (status, path, fields) => {
    using client = await connect(gateway.port);
    const reply = await client.exchange(post(path, EXPECT + fields));
    expect(reply.status).toBe(Number(status));
    expect(reply.header("connection")).toBe("close");
    expect((await client.readAll()).toString()).toBe("");
  });

  test("is not when the body has come already, or from HTTP/1.0", async () => {
    const atOnce = await exchange(gateway.port, post("/x", `${EXPECT}Content-Length: 5\r\n`, "hello"));
    expect(atOnce.status).toBe(200);
    using old = await connect(gateway.port);
    void old.send("POST /x HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    await turns();
    void old.send("hello");
    expect((await old.readResponse()).status).toBe(200);
  });

  test("another expectation is refused", async () => {
    expect((await exchange(gateway.port, post("/x", "Expect: magic\r\n"))).status).toBe(417);
  });
});

describe("an early reply", () => {
  test("reaches a client that is still sending, which is then closed", async () => {
    hasty.answer(replies(response("no", { status: 403, reason: "Forbidden" })));
    using client = await connect(gateway.port);
    void client.send(post("/hasty", "Content-Length: 90000\r\n", "x".repeat(1_000)));
    const reply = await client.readResponse();
    expect([reply.status, reply.body.toString(), reply.header("connection")]).toEqual([403, "no", "close"]);
    await client.send("x".repeat(89_000));
    await client.readAll();
    await hasty.waitForClosed();
  });

  test("reaches a client that ends its half in mid-body", async () => {
    const body = Buffer.alloc(5_000_000, "sluice ").toString();
    hasty.answer(replies(response(body, { status: 403 })));
    using client = await connect(gateway.port, { halfOpen: true });
    void client.send(post("/hasty", "Content-Length: 90000\r\n", "x"));
    await client.waitForBytes(1_000);
    client.halfClose();
    expect((await client.readResponse()).body.toString() === body).toBe(true);
  });
});

describe("a body over the limit", () => {
  test("is refused by its Content-Length before anyone is asked", async () => {
    const before = upstream.connections.length;
    const reply = await exchange(gateway.port, post("/x", "Content-Length: 102401\r\n"));
    expect([reply.status, codeOf(reply.body)]).toEqual([413, "payload_too_large"]);
    expect(upstream.connections).toHaveLength(before);
    expect((await exchange(gateway.port, post("/x", "Content-Length: 102400\r\n", "x".repeat(102_400)))).status).toBe(
      200,
    );
  });

  test("is refused as its chunks pass it; the upstream never sees the end", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    void client.send(post("/x", CHUNKED, `19000\r\n${"x".repeat(102_400)}\r\n`));
    void client.send("1\r\nx\r\n0\r\n\r\n");
    const reply = await client.readResponse();
    expect([reply.status, codeOf(reply.body), reply.header("connection")]).toEqual([413, "payload_too_large", "close"]);
    expect(upstream.requests).toHaveLength(before);
  });

  test("is refused with its end and another request in the same segment", async () => {
    const before = upstream.requests.length;
    const body = `1900a\r\n${"x".repeat(102_410)}\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n`;
    using client = await connect(gateway.port);
    void client.send(post("/x", CHUNKED, body));
    expect((await client.readResponse()).status).toBe(413);
    expect((await client.readAll()).toString()).toBe("");
    expect(upstream.requests).toHaveLength(before);
  });

  test("a plugin's limit holds in the same way", async () => {
    const reply = await exchange(gateway.port, post("/small", CHUNKED, "b\r\nhello world\r\n0\r\n\r\n"));
    expect([reply.status, codeOf(reply.body)]).toEqual([413, "payload_too_large"]);
    expect((await exchange(gateway.port, post("/small", CHUNKED, "a\r\nhello worl\r\n0\r\n\r\n"))).status).toBe(200);
  });

  test("bad chunks in mid-body are 400, and no request", async () => {
    const before = upstream.requests.length;
    using client = await connect(gateway.port);
    void client.send(post("/x", CHUNKED, "5\r\nhello\r\n"));
    await until(() => upstream.connections.some(({ inbox }) => inbox.rest.includes("hello")));
    void client.send("zz\r\n0\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    expect((await client.readResponse()).status).toBe(400);
    expect((await client.readAll()).toString()).toBe("");
    expect(upstream.requests).toHaveLength(before);
  });
});

test("bytes of both bodies are counted for the log", async () => {
  upstream.answer(echoes());
  const reply = await exchange(gateway.port, post("/x?counted", CHUNKED, "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"));
  const { fields } = await gateway.waitForLog(
    (line) => line.fields.bytesIn === 6 && line.fields.bytesOut === reply.body.length,
  );
  expect(fields).toMatchObject({ status: 200, attempts: 1 });
});
