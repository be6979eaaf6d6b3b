import { afterAll, beforeAll, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { MIB } from "../support/pattern.ts";
import { poolOf } from "../support/pool-stats.ts";
import { connect, type RawClient } from "../support/raw.ts";
import { flood, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { type Script, startUpstream, type Upstream } from "../support/upstream.ts";

/** Faults in all, of every kind in turn; another number in the environment makes the test longer. */
const FAULTS = Number(Bun.env.SLUICE_TEST_FAULTS ?? "4000");
/** So many come first: after them the gateway's memory should grow no more. */
const WARM_UP = 2_000;
const AT_ONCE = 40;
const GROWTH_LIMIT = 30 * MIB;
const WAIT_MS = 400;

const scripts: Readonly<Record<string, Script>> = {
  "/good": (_, connection) => connection.send(response("good")),
  "/hangs": () => undefined,
  "/resets": (_, connection) => connection.reset(),
  "/garbage": (_, connection) => connection.send("this is no HTTP at all"),
  "/half-head": async (_, connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-");
    connection.close();
  },
  "/half-body": async (_, connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    connection.close();
  },
  "/half-chunk": async (_, connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf");
    connection.close();
  },
  "/bad-chunk": (_, connection) =>
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\nxyz"),
  "/idle-body": (_, connection) => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
  "/extra": (_, connection) => connection.send(`${response("good")}${response("poison")}`),
  "/stale": (_, connection) =>
    connection.requests.length > 1 ? connection.close() : connection.send(response("good")),
  "/flood": async (_, connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    await flood(connection, 100_000_000);
  },
};

type Fault = (client: RawClient) => Promise<string>;

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

/** Answers the status. */
const answered =
  (request: string): Fault =>
  async (client) =>
    `${(await client.exchange(request)).status}`;

/** Answers how the connection ended. */
const cut =
  (path: string): Fault =>
  async (client) => {
    void client.send(get(path));
    await client.waitForClosed();
    return client.inbox.ending ?? "";
  };

/** Leaves as soon as the request is under way. */
const leaving =
  (request: string, bytes: number): Fault =>
  async (client) => {
    client.inbox.discard();
    await client.send(request);
    await client.waitForBytes(bytes);
    client.reset();
    return "left";
  };

/** Every fault with how the client must see it. */
const faults: readonly (readonly [expected: string, fault: Fault])[] = [
  ["200", answered(get("/good"))],
  ["502", answered(get("/refused"))],
  ["504", answered(get("/not-tls"))],
  ["504", answered(get("/hangs"))],
  ["502", answered(get("/resets"))],
  ["502", answered(get("/garbage"))],
  ["502", answered(get("/half-head"))],
  ["502", answered(get("/bad-chunk"))],
  ["200", answered(get("/extra"))],
  ["200", answered(get("/stale"))],
  ["503", answered(get("/full"))],
  ["404", answered(get("/no-route/at-all").replace("a.test", "b.test"))],
  ["400", answered("GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: x\r\n\r\n")],
  ["408", answered("POST /good HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf")],
  ["413", answered("POST /good HTTP/1.1\r\nHost: a.test\r\nContent-Length: 999999999\r\n\r\nhalf")],
  ["ECONNRESET", cut("/half-body")],
  ["ECONNRESET", cut("/half-chunk")],
  ["ECONNRESET", cut("/idle-body")],
  ["left", leaving(get("/hangs"), 0)],
  ["left", leaving(get("/flood"), 1)],
  ["left", leaving("POST /hangs HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", 0)],
];

const cleanup = new AsyncDisposableStack();
let gateway: GatewayProcess;
let upstream: Upstream;
let sockets: number;
let holder: RawClient;

beforeAll(async () => {
  upstream = cleanup.use(startUpstream((request, connection) => scripts[request.target]?.(request, connection)));
  const closed = startUpstream(() => undefined);
  closed.stop();
  const timeouts = `timeouts: { connect: ${WAIT_MS}ms, pool: ${WAIT_MS}ms, response: ${WAIT_MS}ms, idle: ${WAIT_MS}ms }`;
  gateway = cleanup.use(
    await startGateway(`
listen: { host: 127.0.0.1, port: 0, timeouts: { body: ${WAIT_MS}ms } }
services:
  main: { targets: ["${upstream.url}"], ${timeouts}, pool: { max-connections: 200, max-idle: 10 } }
  full: { targets: ["${upstream.url}"], timeouts: { pool: ${WAIT_MS}ms, response: 1h, total: 1h }, pool: { max-connections: 1 } }
  refused: { targets: ["http://127.0.0.1:${closed.port}"] }
  not-tls: { targets: ["https://127.0.0.1:${upstream.port}"], ${timeouts} }
routes:
  - { path: /*, host: a.test, service: main }
  - { path: /full, host: a.test, rewrite: /hangs, service: full }
  - { path: /hold, host: a.test, rewrite: /hangs, service: full }
  - { path: /refused, host: a.test, service: refused }
  - { path: /not-tls, host: a.test, service: not-tls }
`),
  );
  // The listeners, and the connection that the admin port keeps for a client that asks again.
  await poolOf(gateway, "main");
  sockets = gateway.sockets();
  holder = await connect(gateway.port);
  void holder.send(get("/hold"));
  await upstream.waitForRequests(1);
});

afterAll(() => cleanup.disposeAsync());

/** Makes that many faults, some at a time, and checks how each looks to its client. */
async function provoke(count: number): Promise<void> {
  let next = 0;
  const wrong = new Map<string, number>();
  const worker = async () => {
    for (let i = next++; i < count; i = next++) {
      const [expected, fault] = faults[i % faults.length] ?? ["", cut("/")];
      using client = await connect(gateway.port);
      const seen = await fault(client);
      if (seen === expected) continue;
      const key = `fault ${i % faults.length}: ${seen} instead of ${expected}`;
      wrong.set(key, (wrong.get(key) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(Object.fromEntries(wrong)).toEqual({});
}

/** Ticks of CPU time that the gateway has used. */
async function cpuTicks(): Promise<number> {
  const fields = (await Bun.file(`/proc/${gateway.pid}/stat`).text()).replace(/^.*\) /, "").split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

test(`${FAULTS} faults of every kind leave nothing behind`, async () => {
  await provoke(WARM_UP);
  const settled = async () => {
    const { open, idle, inUse, pending } = await poolOf(gateway, "main");
    return open === idle && inUse === 0 && pending === 0 && idle <= 10 && open;
  };
  await until(settled);
  const memory = gateway.rss();
  await provoke(FAULTS);
  const open = await until(settled);
  expect(await poolOf(gateway, "full")).toMatchObject({ open: 1, inUse: 1, pending: 0 });
  holder.reset();
  await until(async () => (await poolOf(gateway, "full")).open === 0);
  for (const service of ["refused", "not-tls"]) {
    expect(await poolOf(gateway, service)).toMatchObject({ open: 0, idle: 0, inUse: 0, pending: 0 });
  }
  await until(() => gateway.sockets() === sockets + open, { what: () => `${gateway.sockets()} sockets were closed` });
  await until(() => upstream.open === open, { what: () => `the upstream sees ${upstream.open} connections end` });
  // What the collector has left lying about it takes in time; what leaks stays.
  await until(() => gateway.rss() - memory < GROWTH_LIMIT, {
    timeout: 20_000,
    what: () => `${gateway.rss() - memory} bytes more are let go`,
  });
  // A timer that nobody stopped would still be at work.
  const before = await cpuTicks();
  await Bun.sleep(300);
  expect((await cpuTicks()) - before).toBeLessThanOrEqual(2);
}, 600_000);
