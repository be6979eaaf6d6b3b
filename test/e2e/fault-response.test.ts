import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { closes, closesAfter, drips, hangs, replies, resets, response, sendsGarbage } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";
import { describeEveryWay, listenEveryWay, portOf, type Way } from "../support/ways.ts";

const RESPONSE_MS = 200;
const IDLE_MS = 300;
const TOTAL_MS = 300;
/** For an upstream that pauses ten times as often as it may, or says something and then nothing. */
const PAUSES_MS = 1_000;
/** How late a busy machine may be; what is not given up in time takes 20 s, or minutes. */
const LATE_MS = 5_000;
const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const PAUSES = "GET /pauses HTTP/1.1\r\nHost: a.test\r\n\r\n";
const PATIENT = "GET /patient HTTP/1.1\r\nHost: a.test\r\n\r\n";

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let upstream: Upstream;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(hangs()));
  const service = (timeouts: string) => `{ targets: ["${upstream.url}"], timeouts: { ${timeouts} } }`;
  gateway = cleanup.use(
    await startGateway(`
${listenEveryWay()}
plugins: { access-log: {} }
services:
  main: ${service(`response: ${RESPONSE_MS}ms`)}
  silent: ${service(`idle: ${IDLE_MS}ms`)}
  total: ${service(`response: 20s, total: ${TOTAL_MS}ms`)}
  patient: ${service("response: 20s")}
  pauses: ${service(`response: ${PAUSES_MS}ms, idle: ${PAUSES_MS}ms`)}
routes:
  - { path: /, service: main }
  - { path: /silent, service: silent }
  - { path: /total, service: total }
  - { path: /patient, service: patient }
  - { path: /pauses, service: pauses }
`),
  );
});

afterAll(() => cleanup.disposeAsync());

// What a fault leaves of the gateway's connections, if anything, must not matter to the next test.
afterEach(async () => {
  for (const connection of upstream.connections) if (!connection.isClosed) connection.close();
  await upstream.waitForClosed();
});

async function timed(request: string, way?: Way): Promise<{ answer: string; ms: number }> {
  const startedAt = performance.now();
  const reply = way === undefined ? exchange(gateway.port, request) : way.exchange(portOf(way, gateway), request);
  const answer = problemOf(await reply);
  return { answer, ms: performance.now() - startedAt };
}

describe("no response", () => {
  test("is 504 after the response timeout, and the connection is ended", async () => {
    upstream.answer(hangs());
    const { answer, ms } = await timed(GET);
    expect(answer).toBe("504 upstream_timeout");
    expect(ms).toBeWithin(RESPONSE_MS - 5, RESPONSE_MS + LATE_MS);
    await upstream.waitForClosed();
  });

  test("is 504 also to a head that comes byte by byte and never ends", async () => {
    upstream.answer(drips(`HTTP/1.1 200 OK\r\nX: ${"a".repeat(3_000)}`, 5));
    const { answer, ms } = await timed(GET);
    expect(answer).toBe("504 upstream_timeout");
    // The whole head would take longer.
    expect(ms).toBeLessThan(RESPONSE_MS + LATE_MS);
  });

  test("after interim responses is no response either", async () => {
    upstream.answer(replies("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"));
    using client = await connect(gateway.port);
    expect((await client.exchange(PAUSES)).status).toBe(103);
    expect(problemOf(await client.readResponse())).toBe("504 upstream_timeout");
  });

  test("is 504 after the total timeout, if that is over first", async () => {
    upstream.answer(hangs());
    const { answer, ms } = await timed("GET /total HTTP/1.1\r\nHost: a.test\r\n\r\n");
    expect(answer).toBe("504 upstream_timeout");
    expect(ms).toBeWithin(TOTAL_MS - 5, TOTAL_MS + LATE_MS);
    await upstream.waitForClosed();
  });
});

describeEveryWay("a response that is none", (way) => {
  const garbage: readonly (readonly [what: string, bytes: string])[] = [
    ["text", "hello there, how are you?"],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["an HTTP/2 frame", "\x00\x00\x12\x04\x00\x00\x00\x00\x00"],
    ["a status line without a status", "HTTP/1.1 OK\r\n\r\n"],
    ["a bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"],
    ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"],
    ["a folded field", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"],
    ["a NUL in a field", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"],
    ["an upgrade nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
    ["a bad first chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    ["a head without end", `HTTP/1.1 200 OK\r\n${`X: ${"a".repeat(1_000)}\r\n`.repeat(100)}`],
  ];

  test.each(garbage)("%s is 502 at once, and the connection is ended", async (_, bytes) => {
    upstream.answer(replies(bytes));
    const { answer, ms } = await timed(PATIENT, way);
    expect(answer).toBe("502 upstream_invalid");
    expect(ms).toBeLessThan(LATE_MS);
    await upstream.waitForClosed();
  });

  test("but random octets is 502 at once", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      upstream.answer(sendsGarbage(1 + seed * 50, seed));
      expect((await timed(PATIENT, way)).answer).toBe("502 upstream_invalid");
    }
  });
});

describeEveryWay("an upstream that dies before its reply's head is complete", (way) => {
  test.each([
    ["closes", closes(), "502 upstream_reset"],
    ["resets", resets(), "502 upstream_reset"],
    ["closes in the status line", closesAfter("HTTP/1.1 20"), "502 upstream_invalid"],
    ["closes in a field", closesAfter("HTTP/1.1 200 OK\r\nContent-Le"), "502 upstream_invalid"],
    ["closes after an interim response", closesAfter("HTTP/1.1 100 Continue\r\n\r\n"), "502 upstream_invalid"],
  ])("and %s is 502 at once", async (_, script, expected) => {
    upstream.answer(script);
    const { answer, ms } = await timed(PATIENT, way);
    expect(answer).toBe(expected);
    expect(ms).toBeLessThan(LATE_MS);
  });
});

describe("an upstream that dies in the middle of the body", () => {
  const half = "HTTP/1.1 200 OK\r\n";
  const deaths: readonly (readonly [how: string, bytes: string, end: "close" | "reset"])[] = [
    ["before its Content-Length, by FIN", `${half}Content-Length: 100\r\n\r\nhalf of it`, "close"],
    ["before its Content-Length, by RST", `${half}Content-Length: 100\r\n\r\nhalf of it`, "reset"],
    ["before the last chunk, by FIN", `${half}Transfer-Encoding: chunked\r\n\r\na\r\nhalf of it\r\n`, "close"],
    ["before the last chunk, by RST", `${half}Transfer-Encoding: chunked\r\n\r\na\r\nhalf of it\r\n`, "reset"],
    ["in a chunk, by FIN", `${half}Transfer-Encoding: chunked\r\n\r\nff\r\nhalf of it`, "close"],
    ["in the trailers, by FIN", `${half}Transfer-Encoding: chunked\r\n\r\na\r\nhalf of it\r\n0\r\nX: y`, "close"],
    ["of no length, by RST", `${half}\r\nhalf of it`, "reset"],
  ];

  test.each(deaths)("%s: the client's connection ends, its body does not", async (_, bytes, end) => {
    upstream.answer(async (_request, connection) => {
      await connection.send(bytes);
      await until(() => client.inbox.total > 0);
      if (end === "close") connection.close();
      else connection.reset();
    });
    using client = await connect(gateway.port);
    void client.send(PATIENT);
    const text = (await client.readAll()).toString("latin1");
    expect(text).toContain("half of it");
    expect(text).not.toEndWith("0\r\n\r\n");
    const [, length] = /content-length: (\d+)/.exec(text) ?? [];
    if (length !== undefined) expect(text.length - text.indexOf("\r\n\r\n") - 4).toBeLessThan(Number(length));
    // A FIN would be the proper end of some bodies.
    expect(client.inbox.ending).toBe("ECONNRESET");
  });

  test("of no length, by RST: a client of HTTP/1.0 is not given a proper end either", async () => {
    upstream.answer(async (_request, connection) => {
      await connection.send(`${half}\r\nhalf of it`);
      await until(() => client.inbox.total > 0);
      connection.reset();
    });
    using client = await connect(gateway.port);
    void client.send("GET /patient HTTP/1.0\r\n\r\n");
    expect((await client.readAll()).toString()).toContain("half of it");
    expect(client.inbox.ending).toBe("ECONNRESET");
  });

  test("with a chunk that breaks the framing: the same", async () => {
    upstream.answer(async (_request, connection) => {
      await connection.send(`${half}Transfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n`);
      await until(() => client.inbox.total > 0);
      await connection.send("4\r\nbad!!\r\n0\r\n\r\n");
    });
    using client = await connect(gateway.port);
    void client.send(PATIENT);
    expect((await client.readAll()).toString()).not.toContain("\r\n0\r\n\r\n");
    expect(client.inbox.ending).toBe("ECONNRESET");
    await gateway.waitForLog(({ status, errorCode }) => status === 200 && errorCode === "upstream_invalid");
  });

  test("is noted in the log with its code", async () => {
    upstream.answer(closesAfter(`${half}Content-Length: 100\r\nX-Test: noted\r\n\r\nhalf of it`));
    const before = gateway.logs.length;
    using client = await connect(gateway.port);
    void client.send(PATIENT);
    await client.waitForClosed();
    const line = await gateway.waitForLog((line) => line.msg === "request" && gateway.logs.indexOf(line) >= before);
    expect(line).toMatchObject({ status: 200, errorCode: "upstream_reset", errorSource: "upstream" });
  });
});

describe("an upstream that falls silent in the middle of the body", () => {
  test("is given up after the idle timeout", async () => {
    upstream.answer(replies("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it"));
    using client = await connect(gateway.port);
    const startedAt = performance.now();
    void client.send("GET /silent HTTP/1.1\r\nHost: a.test\r\n\r\n");
    await client.waitForClosed();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(IDLE_MS - 5);
    await upstream.waitForClosed();
    await gateway.waitForLog(({ status, errorCode }) => status === 200 && errorCode === "upstream_timeout");
  });

  test("is left alone as long as something comes within the idle timeout, whatever it adds up to", async () => {
    upstream.answer(async (_request, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
      for (const octet of "abcdefghijkl") {
        await Bun.sleep(PAUSES_MS / 10);
        await connection.send(octet);
      }
    });
    expect((await exchange(gateway.port, PAUSES)).body.toString()).toBe("abcdefghijkl");
  });
});

test("after all of that the target is used as ever", async () => {
  upstream.answer(replies(response("fine")));
  expect((await exchange(gateway.port, GET)).body.toString()).toBe("fine");
});
