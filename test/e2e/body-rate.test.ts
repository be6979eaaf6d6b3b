import { afterAll, beforeAll, expect, test } from "bun:test";
import { type InProcessGateway, startInProcess } from "../support/in-process.ts";
import { connect, exchange } from "../support/raw.ts";
import { replies, response } from "../support/scripts.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

let upstream: Upstream;
let gateway: InProcessGateway;

beforeAll(async () => {
  upstream = startUpstream(replies(response("ok")));
  // 250 bytes in each second; the second listener takes any pace.
  gateway = await startInProcess(`
listen:
  - { host: 127.0.0.1, port: 0, timeouts: { body: 1s }, limits: { body-rate: 250b } }
  - { host: 127.0.0.1, port: 0, timeouts: { body: 1s } }
services: { up: { targets: ["${upstream.url}"], pool: { max-connections: 1 }, timeouts: { pool: 10s } } }
routes: [{ path: /*, service: up }]
`);
});
afterAll(async () => {
  await gateway.stop();
  upstream.stop();
});

/** Sends pieces of a body, 50 ms apart, until the reply comes or they are all sent; answers it, and how many it were. */
async function drip(port: number, head: string, piece: string, most: number) {
  using client = await connect(port);
  await client.send(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n`);
  const reply = client.readResponse({ timeout: 15_000 });
  let sent = 0;
  const timer = setInterval(() => {
    if (client.isEnded || sent === most) return clearInterval(timer);
    void client.send(piece);
    sent++;
  }, 50);
  try {
    return { status: (await reply).status, sent };
  } finally {
    clearInterval(timer);
  }
}

const CHUNKED = "Transfer-Encoding: chunked";
const chunk = (size: number) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;

test("a body that drips is 408, with a length or in chunks; without a rate it goes on", async () => {
  const [slow = 0, any = 0] = gateway.ports;
  for (const [head, piece] of [
    ["Content-Length: 1000", "x"],
    [CHUNKED, chunk(1)],
  ] as const) {
    const { status, sent } = await drip(slow, head, piece, 200);
    expect(status).toBe(408);
    expect(sent).toBeLessThan(100);
  }
  expect(await drip(any, "Content-Length: 30", "x", 30)).toEqual({ status: 200, sent: 30 });
});

test("a body that is fast enough goes on for longer than the timeout", async () => {
  expect(await drip(gateway.port, "Content-Length: 3000", "x".repeat(100), 30)).toEqual({ status: 200, sent: 30 });
});

test("clients that drip hold the connection of the service no longer than they may", async () => {
  const dripping = drip(gateway.port, CHUNKED, chunk(1), 200);
  await upstream.waitForConnections(1);
  const reply = await exchange(gateway.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(reply.status).toBe(200);
  expect((await dripping).status).toBe(408);
});
