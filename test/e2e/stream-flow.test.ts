import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { GIB, MIB, PatternCheck, sendPattern } from "../support/pattern.ts";
import { connect } from "../support/raw.ts";
import { chunkedResponse, hangs, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream, type UpstreamConnection } from "../support/upstream.ts";

/** Of the largest stream; another number in the environment makes the test shorter or longer. */
const STREAM_BYTES = Number(Bun.env.SLUICE_TEST_STREAM_GIB ?? "10") * GIB;
const RSS_LIMIT = 180 * MIB;
const EVENT_MS = 50;
const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let upstream: Upstream;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream(hangs(), { atHead: true }));
  gateway = cleanup.use(
    await startGateway(`
listen: { host: 127.0.0.1, port: 0, limits: { body-bytes: 100gb } }
services: { main: { targets: ["${upstream.url}"], timeouts: { response: 1s, total: 1s, idle: 20s } } }
routes: [{ path: /*, service: main }]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

test(`a stream of ${STREAM_BYTES / GIB} GiB passes whole, and the gateway stays small`, async () => {
  upstream.answer(async (_, connection) => {
    await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${STREAM_BYTES}\r\n\r\n`);
    await sendPattern(connection, STREAM_BYTES);
  });
  using client = await connect(gateway.port);
  void client.send(GET);
  await client.readUntil("\r\n\r\n");
  const check = new PatternCheck(client);
  const isThere = () => {
    expect(gateway.rss()).toBeLessThan(RSS_LIMIT);
    return check.bytes >= STREAM_BYTES;
  };
  await until(isThere, { timeout: 600_000 });
  expect(check.bytes).toBe(STREAM_BYTES);
  expect(check.brokenAt).toBeUndefined();
}, 600_000);

describe("an event stream", () => {
  const heads: readonly (readonly [how: string, head: string, frame: (event: string) => string])[] = [
    ["in chunks", "Transfer-Encoding: chunked\r\n", (event) => `${event.length.toString(16)}\r\n${event}\r\n`],
    ["to the connection's end", "", (event) => event],
  ];

  test.each(heads)("%s: each event is there at once, long after the total timeout too", async (_, field, frame) => {
    const opened = Promise.withResolvers<UpstreamConnection>();
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n${field}\r\n`);
      opened.resolve(connection);
    });
    using client = await connect(gateway.port);
    void client.send(GET);
    await client.readUntil("\r\n\r\n");
    const connection = await opened.promise;
    const delays: number[] = [];
    for (let n = 0; n < 40; n++) {
      await Bun.sleep(30);
      const sentAt = performance.now();
      void connection.send(frame(`id: ${n}\ndata: an event\n\n`));
      await client.readUntil(`id: ${n}\ndata: an event\n\n`);
      delays.push(performance.now() - sentAt);
    }
    // Those that wait for the next, or for a buffer to fill, would be far above; a busy machine may delay some.
    const late = delays.filter((ms) => ms > EVENT_MS);
    expect(late.length).toBeLessThan(delays.length / 2);
    connection.close();
  });
});

test("many small chunks arrive as they were sent, both ways", async () => {
  const words = Array.from({ length: 20_000 }, (_, i) => `${i},`);
  const whole = words.join("");
  const chunks = words.map((word) => `${word.length.toString(16)}\r\n${word}\r\n`).join("");
  upstream.answer(async (_, connection) => {
    connection.isRaw = true;
    const seen = await connection.readUntil("\r\n0\r\n\r\n");
    const body = parseChunks(seen.slice(seen.indexOf("\r\n\r\n") + 4));
    const answer = body === whole ? chunkedResponse(words) : response(`${body.length} bytes`);
    await connection.send(answer);
    connection.close();
  });
  using client = await connect(gateway.port);
  void client.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n");
  void client.send(`${chunks}0\r\n\r\n`);
  const answer = await client.readResponse();
  expect(answer.body.toString() === whole).toBe(true);
});

test("an echo runs both ways at once, and stands still both ways while the client does not read", async () => {
  const size = 400 * MIB;
  // What the kernel may hold by itself: four sockets that receive 32 MiB each, and four that send 4 MiB each.
  const held = 160 * MIB;
  upstream.answer(async (_, connection) => {
    connection.isRaw = true;
    await connection.readUntil("\r\n\r\n");
    const early = Buffer.from(connection.inbox.rest);
    connection.inbox.skip(early.byteLength);
    const echo = async (chunk: Uint8Array) => {
      connection.pause();
      await connection.send(chunk);
      connection.resume();
    };
    connection.inbox.discard((chunk) => void echo(chunk));
    await connection.send(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`);
    if (early.byteLength > 0) await echo(early);
  });
  using client = await connect(gateway.port);
  void client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${size}\r\n\r\n`);
  await client.readUntil("\r\n\r\n");
  const check = new PatternCheck(client);
  void sendPattern(client, size);
  const reached = (bytes: number) => until(() => check.bytes >= bytes, { timeout: 30_000 });
  await reached(20 * MIB);
  client.pause();
  let [sent, since] = [0, performance.now()];
  await until(() => {
    if (client.sent !== sent) [sent, since] = [client.sent, performance.now()];
    return performance.now() - since > 300;
  });
  expect(client.sent - check.bytes).toBeLessThan(held);
  expect(gateway.rss()).toBeLessThan(RSS_LIMIT);
  client.resume();
  await reached(size);
  expect(check).toMatchObject({ bytes: size, brokenAt: undefined });
}, 60_000);

function parseChunks(text: string): string {
  let content = "";
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) return content;
    content += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 4 + size;
  }
}
