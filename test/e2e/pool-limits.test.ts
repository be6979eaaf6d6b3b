import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type GatewayProcess, startGateway } from "../support/gateway.ts";
import { poolOf } from "../support/pool-stats.ts";
import { problemOf } from "../support/problem.ts";
import { connect, exchange } from "../support/raw.ts";
import { hangs, replies, response } from "../support/scripts.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const POOL_MS = 250;
const SURPLUS_MS = 1_000;
const KEEP_MS = 300;
const AGE_MS = 800;

const cleanup = new AsyncDisposableStack();
const upstreams = new Map<string, Upstream>();
let gateway: GatewayProcess;

const IMPATIENT = `timeouts: { pool: ${POOL_MS}ms }`;
/** Where a request may wait for long, so that nobody is refused for being late. */
const PATIENT = "timeouts: { pool: 20s }";

const POOLS: Readonly<Record<string, string>> = {
  waits: "max-connections: 2",
  "at-once": "max-connections: 2, max-pending: 0",
  "one-waits": "max-connections: 1, max-pending: 1",
  busy: "max-connections: 7",
  reuse: "max-connections: 5",
  idle: "max-idle: 2",
  "not-kept": `max-idle: 2, idle-timeout: ${KEEP_MS}ms`,
  ages: `max-age: ${AGE_MS}ms`,
};

beforeAll(async () => {
  const names = Object.keys(POOLS);
  for (const name of names) upstreams.set(name, cleanup.use(startUpstream(hangs())));
  const service = (name: string) =>
    `  ${name}: { targets: ["${upstream(name).url}"], pool: { ${POOLS[name]} }, ${name === "waits" ? IMPATIENT : PATIENT} }`;
  gateway = cleanup.use(
    await startGateway(`
services:
${names.map(service).join("\n")}
routes:
${names.map((name) => `  - { path: /${name}, service: ${name} }`).join("\n")}
`),
  );
});

afterAll(() => cleanup.disposeAsync());

function upstream(name: string): Upstream {
  const found = upstreams.get(name);
  if (found === undefined) throw new Error(`no upstream ${name}`);
  return found;
}

function get(name: string) {
  return exchange(gateway.port, `GET /${name} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
}

/** A script that answers nobody until it is released, then everybody. */
function holding() {
  const held: (() => void)[] = [];
  let isOpen = false;
  return {
    script: async (_: unknown, connection: { send(bytes: string): Promise<void> }) => {
      if (!isOpen) await new Promise<void>((resolve) => held.push(resolve));
      await connection.send(response("ok"));
    },
    release() {
      isOpen = true;
      for (const resolve of held.splice(0)) resolve();
    },
    releaseOne: () => held.shift()?.(),
  };
}

describe("a full pool", () => {
  test("is 503 after the pool wait", async () => {
    const { script, release } = holding();
    upstream("waits").answer(script);
    const busy = [get("waits"), get("waits")];
    await upstream("waits").waitForRequests(2);
    const startedAt = performance.now();
    const answer = await get("waits");
    const ms = performance.now() - startedAt;
    expect(problemOf(answer)).toBe("503 overloaded");
    expect(ms).toBeWithin(POOL_MS - 5, POOL_MS + 4_000);
    release();
    expect((await Promise.all(busy)).map(({ status }) => status)).toEqual([200, 200]);
    expect(upstream("waits").requests).toHaveLength(2);
    expect(await poolOf(gateway, "waits")).toMatchObject({ open: 2, idle: 2, pending: 0, errors: { overloaded: 1 } });
  });

  test("is 503 at once when too many wait already", async () => {
    const { script, release } = holding();
    upstream("at-once").answer(script);
    const busy = [get("at-once"), get("at-once")];
    await upstream("at-once").waitForRequests(2);
    const startedAt = performance.now();
    expect(problemOf(await get("at-once"))).toBe("503 overloaded");
    // Waiting would take 20 s.
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    release();
    await Promise.all(busy);
  });

  test("lets requests wait in their order, as many as it may", async () => {
    const { script, releaseOne } = holding();
    upstream("one-waits").answer(script);
    const first = get("one-waits");
    await upstream("one-waits").waitForRequests(1);
    const second = get("one-waits");
    await until(async () => (await poolOf(gateway, "one-waits")).pending === 1);
    expect(problemOf(await get("one-waits"))).toBe("503 overloaded");
    releaseOne();
    expect((await first).status).toBe(200);
    await upstream("one-waits").waitForRequests(2);
    releaseOne();
    expect((await second).status).toBe(200);
    expect(upstream("one-waits").connections).toHaveLength(1);
  });

  test("never opens a connection more than it may, whatever comes and goes", async () => {
    const { requests, connections } = upstream("busy");
    let [serving, most] = [0, 0];
    upstream("busy").answer(async (request, connection) => {
      most = Math.max(most, ++serving);
      await new Promise(setImmediate);
      serving--;
      if (requests.length % 10 === 3) return connection.reset();
      if (requests.length % 10 === 6) await connection.send(response("bye", { headers: [["Connection", "close"]] }));
      else await connection.send(response(request.target));
    });
    const opens: number[] = [];
    const clients = await Promise.all(Array.from({ length: 40 }, () => connect(gateway.port)));
    const statuses = await Promise.all(
      clients.map(async (client) => {
        const seen: number[] = [];
        for (let i = 0; i < 25; i++) {
          seen.push((await client.exchange("GET /busy HTTP/1.1\r\nHost: a.test\r\n\r\n")).status);
          if (i % 5 === 0) opens.push((await poolOf(gateway, "busy")).open);
        }
        client.close();
        return seen;
      }),
    );
    expect(most).toBe(7);
    expect(Math.max(...opens)).toBe(7);
    expect(connections.length).toBeGreaterThan(7);
    const counts = Object.groupBy(statuses.flat(), String);
    expect(Object.keys(counts).sort()).toEqual(["200", "502"]);
    expect(counts[200]?.length ?? 0).toBeGreaterThan(800);
    const pool = await poolOf(gateway, "busy");
    expect(pool).toMatchObject({ inUse: 0, pending: 0 });
    expect(pool.open).toBeLessThanOrEqual(7);
    expect(pool.created - pool.closed).toBe(pool.open);
  });
});

describe("idle connections", () => {
  test("are used again, and counted", async () => {
    upstream("reuse").answer(replies(response("ok")));
    for (let i = 0; i < 20; i++) await get("reuse");
    expect(upstream("reuse").connections).toHaveLength(1);
    expect(await poolOf(gateway, "reuse")).toMatchObject({ created: 1, reused: 19, open: 1, idle: 1, inUse: 0 });
  });

  test("beyond max-idle go after a second without use", async () => {
    const { script, release } = holding();
    upstream("idle").answer(script);
    const burst = Array.from({ length: 6 }, () => get("idle"));
    await upstream("idle").waitForRequests(6);
    const startedAt = performance.now();
    release();
    await Promise.all(burst);
    expect(upstream("idle").open).toBe(6);
    await until(() => upstream("idle").open === 2);
    expect(performance.now() - startedAt).toBeGreaterThan(SURPLUS_MS - 50);
    expect(await poolOf(gateway, "idle")).toMatchObject({ open: 2, idle: 2, closed: 4 });
  });

  test("go after the idle timeout, all of them", async () => {
    const { script, release } = holding();
    upstream("not-kept").answer(script);
    const burst = Array.from({ length: 4 }, () => get("not-kept"));
    await upstream("not-kept").waitForRequests(4);
    const startedAt = performance.now();
    release();
    await Promise.all(burst);
    await upstream("not-kept").waitForClosed();
    expect(performance.now() - startedAt).toBeGreaterThan(KEEP_MS - 50);
    expect(await poolOf(gateway, "not-kept")).toMatchObject({ open: 0, idle: 0 });
  });

  test("older than max-age are not used again, neither right away nor after a rest", async () => {
    const { script, release } = holding();
    upstream("ages").answer(script);
    const [young, old] = [get("ages"), get("ages")];
    await upstream("ages").waitForRequests(2);
    await Bun.sleep(AGE_MS + 20);
    release();
    await Promise.all([young, old]);
    await upstream("ages").waitForClosed();
    await get("ages");
    expect(await poolOf(gateway, "ages")).toMatchObject({ created: 3, open: 1, idle: 1, reused: 0 });
    await Bun.sleep(AGE_MS + 20);
    await get("ages");
    expect(await poolOf(gateway, "ages")).toMatchObject({ created: 4, open: 1, idle: 1, reused: 0 });
  });
});
