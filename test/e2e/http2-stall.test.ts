import { afterAll, beforeAll, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { connectHttp2 } from "../support/http2.ts";
import { headersFrame, PREFACE } from "../support/http2-frames.ts";
import { MIB } from "../support/pattern.ts";
import { connect } from "../support/raw.ts";
import { flood, hangs, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const SIZE = 256 * MIB;
/** The whole gateway process; about 70 MB of it is there before the first request. */
const RSS_LIMIT = 200 * MIB;
/** What the kernel's buffers of three connections hold, and a little of the gateway's own. */
const TAKEN_LIMIT = 40 * MIB;
const STALL_MS = 300;
const DEADLINE = { timeout: 30_000 };

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let upstream: Upstream;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(hangs(), { atHead: true }));
  gateway = cleanup.use(
    await startGateway(`
listen: { host: 127.0.0.1, port: 0, http2: true, limits: { body-bytes: 1gb } }
services: { main: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: main }]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

/** Resolves when a count has not grown for a while; meanwhile the gateway must stay small. */
async function stalled(count: () => number): Promise<number> {
  let [last, since] = [-1, performance.now()];
  await until(() => {
    expect(gateway.rss()).toBeLessThan(RSS_LIMIT);
    if (count() !== last) [last, since] = [count(), performance.now()];
    return last > 0 && performance.now() - since > STALL_MS;
  }, DEADLINE);
  return last;
}

test("a response to a client that opens no window waits at the upstream", async () => {
  upstream.answer(async (_, connection) => {
    await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
    await flood(connection, SIZE);
  });
  using client = await connect(gateway.port);
  const fields = [
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/"],
    [":authority", "a"],
  ] as const;
  void client.send(Buffer.concat([PREFACE, headersFrame(1, fields)]));
  await upstream.waitForRequests(1);
  expect(await stalled(() => upstream.connections[0]?.sent ?? 0)).toBeLessThan(TAKEN_LIMIT);
  client.close();
  await upstream.waitForClosed();
}, 60_000);

test("a response to a client that takes all of it comes in full, in constant memory", async () => {
  upstream.answer(async (_, connection) => {
    await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
    await flood(connection, SIZE);
  });
  const session = await connectHttp2(gateway.port);
  const stream = session.request({ ":path": "/" });
  let got = 0;
  let isWhole = false;
  stream.on("data", (chunk: Buffer) => {
    got += chunk.byteLength;
  });
  stream.on("end", () => {
    isWhole = true;
  });
  await until(() => {
    expect(gateway.rss()).toBeLessThan(RSS_LIMIT);
    return isWhole;
  }, DEADLINE);
  expect(got).toBe(SIZE);
  session.close();
}, 60_000);

test("an upload to an upstream that stalls waits at the client, then goes on", async () => {
  const resume = Promise.withResolvers<void>();
  let received = 0;
  upstream.answer(async (_, connection) => {
    connection.isRaw = true;
    connection.pause();
    await resume.promise;
    await connection.readUntil("\r\n\r\n");
    received = connection.inbox.rest.byteLength;
    connection.inbox.discard((chunk) => {
      received += chunk.byteLength;
    });
    connection.resume();
    await until(() => received >= SIZE, DEADLINE);
    await connection.send(response("got it", { headers: [["Connection", "close"]] }));
  });
  const session = await connectHttp2(gateway.port);
  const stream = session.request({ ":path": "/", ":method": "POST", "content-length": SIZE });
  let sent = 0;
  const block = Buffer.alloc(65_536, "sluice ");
  const send = () => {
    while (sent < SIZE) {
      sent += block.byteLength;
      if (!stream.write(block)) return stream.once("drain", send);
    }
    return stream.end();
  };
  send();
  expect(await stalled(() => sent)).toBeLessThan(TAKEN_LIMIT);
  let body = "";
  stream.on("data", (chunk: Buffer) => {
    body += chunk;
  });
  resume.resolve();
  await until(() => {
    expect(gateway.rss()).toBeLessThan(RSS_LIMIT);
    return body === "got it";
  }, DEADLINE);
  expect(received).toBe(SIZE);
  session.close();
}, 60_000);
