import { afterAll, beforeAll, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { GIB, MIB, PatternCheck, sendPattern } from "../support/pattern.ts";
import { connect } from "../support/raw.ts";
import { hangs, response } from "../support/scripts.ts";
import type { RawSocket } from "../support/socket.ts";
import { tempFolder } from "../support/temp.ts";
import { makeCertificates } from "../support/tls.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

/** The whole gateway process; about 70 MB of it is there before the first request. */
const RSS_LIMIT = 180 * MIB;
/** What the kernel's buffers of the two connections hold, and a little of the gateway's own. */
const TAKEN_LIMIT = 40 * MIB;
const STALL_MS = 300;
const DEADLINE = { timeout: 30_000 };

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let upstream: Upstream;
let ca: string;

beforeAll(async () => {
  const folder = cleanup.use(tempFolder());
  const { server, ...certificates } = makeCertificates(folder.path);
  ca = certificates.ca.cert;
  upstream = cleanup.use(startUpstream(hangs(), { atHead: true }));
  gateway = cleanup.use(
    await startGateway(`
listen:
  - { host: 127.0.0.1, port: 0, limits: { body-bytes: 2gb } }
  - { host: 127.0.0.1, port: 0, limits: { body-bytes: 2gb }, tls: { cert: ${server.certFile}, key: ${server.keyFile} } }
services: { main: { targets: ["${upstream.url}"] } }
routes: [{ path: /*, service: main }]
`),
  );
});

afterAll(() => cleanup.disposeAsync());

/** Resolves when the socket has got nothing rid of for a while; meanwhile the gateway must stay small. */
async function stalled(socket: RawSocket): Promise<number> {
  let [sent, since] = [-1, performance.now()];
  await until(() => {
    expect(gateway.rss()).toBeLessThan(RSS_LIMIT);
    if (socket.sent !== sent) [sent, since] = [socket.sent, performance.now()];
    return sent > 0 && performance.now() - since > STALL_MS;
  }, DEADLINE);
  return sent;
}

/** Resolves when the body has arrived; meanwhile the gateway must stay small. */
async function arrived(check: PatternCheck, bytes: number): Promise<void> {
  await until(() => {
    expect(gateway.rss()).toBeLessThan(RSS_LIMIT);
    return check.bytes >= bytes;
  }, DEADLINE);
  expect(check.bytes).toBe(bytes);
  expect(check.brokenAt).toBeUndefined();
}

for (const [edge, size] of [["plain", GIB] as const, ["TLS", GIB / 4] as const]) {
  const open = () => {
    if (edge === "plain") return connect(gateway.port);
    return connect(gateway.ports[1] ?? 0, { tls: { ca, serverName: "localhost" } });
  };

  test(`${edge}: a response to a client that stalls waits at the upstream, then goes on`, async () => {
    upstream.answer(async (_, connection) => {
      await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      await sendPattern(connection, size);
    });
    const before = upstream.requests.length;
    using client = await open();
    client.pause();
    void client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    await upstream.waitForRequests(before + 1);
    const source = upstream.connections.find(({ requests }) => requests.at(-1) === upstream.requests.at(-1));
    if (source === undefined) throw new Error("the request came on no connection");
    expect(await stalled(source)).toBeLessThan(TAKEN_LIMIT);
    client.resume();
    await client.readUntil("\r\n\r\n");
    await arrived(new PatternCheck(client), size);
  }, 60_000);

  test(`${edge}: an upload to an upstream that stalls waits at the client, then goes on`, async () => {
    const received = Promise.withResolvers<PatternCheck>();
    const resume = Promise.withResolvers<void>();
    upstream.answer(async (_, connection) => {
      connection.isRaw = true;
      connection.pause();
      await resume.promise;
      await connection.readUntil("\r\n\r\n");
      const check = new PatternCheck(connection);
      received.resolve(check);
      connection.resume();
      await until(() => check.bytes >= size, DEADLINE);
      await connection.send(response("got it", { headers: [["Connection", "close"]] }));
    });
    using client = await open();
    void client.send(`POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${size}\r\n\r\n`);
    void sendPattern(client, size);
    expect(await stalled(client)).toBeLessThan(TAKEN_LIMIT);
    resume.resolve();
    await arrived(await received.promise, size);
    expect((await client.readResponse()).body.toString()).toBe("got it");
  }, 60_000);
}
