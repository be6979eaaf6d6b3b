import { afterEach, describe, expect, test } from "bun:test";
import { limitPolicy } from "../../src/store/limit.ts";
import type { Store } from "../../src/store/store.ts";
import { punctually } from "../support/punctual.ts";
import { type RedisServer, type RedisServerOptions, startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { reasonOf } from "./reason.ts";
import { openRedisStore, redisStore, type TestStore } from "./redis-store.ts";

const POLICY = limitPolicy({ kind: "gcra", limit: 1_000, windowMs: 1_000 });
const CHARGES = [{ key: "u", policy: POLICY }];
/** What docs/store.md says that a user needs. */
const PERMITTED = ["~sluice:*", "&sluice:*", "+@all", "-@dangerous", "+info"];
const PATIENT = { timeout: 20_000 };

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function setUp(
  timeoutMs = 10_000,
  options: RedisServerOptions = {},
): Promise<{ server: RedisServer; shared: TestStore; store: Store }> {
  const server = await startRedis(options);
  opened.push(server);
  const shared = await openRedisStore({ url: server.url, "command-timeout": timeoutMs });
  opened.push(shared);
  return { server, shared, store: shared.of("test") };
}

/** Of the gateway's connection. */
function clientId(list: string): string | undefined {
  return /id=(\d+) .*name=sluice/.exec(list)?.[1];
}

/** Resolves when a take succeeds; the store must recover by itself. */
function recovered(store: Store): Promise<unknown> {
  return until(() => store.take(CHARGES).catch(() => undefined), { ...PATIENT, what: "the store takes charges again" });
}

describe("a Redis that", () => {
  test("is killed fails calls at once, and is used again after its restart, scripts gone", async () => {
    const { server, shared, store } = await setUp();
    await store.take(CHARGES);
    await server.kill();
    await until(() => shared.report().state === "down");
    const startedAt = performance.now();
    expect(await reasonOf(store.take(CHARGES))).toBe("unavailable");
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(shared.report()).toMatchObject({ inFlight: 0, failures: { unavailable: expect.any(Number) } });
    await server.restart();
    await recovered(store);
    expect(shared.report().state).toBe("up");
  });

  test("is killed with commands in flight fails each of them once, and gets none of them later", async () => {
    const { server, shared, store } = await setUp(5_000);
    await store.take(CHARGES);
    server.hang();
    const calls = Array.from({ length: 200 }, () => reasonOf(store.increment("count", 1)));
    await until(() => shared.report().inFlight === 200);
    await server.kill();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 200 }, () => "unavailable"));
    expect(shared.report().inFlight).toBe(0);
    await server.restart();
    await recovered(store);
    expect(await store.get("count")).toBeUndefined();
  });

  test("hangs costs a request no more than the timeout, then nothing, until it answers again", async () => {
    await punctually(async () => {
      const { server, shared, store } = await setUp(150);
      await store.take(CHARGES);
      server.hang();
      const startedAt = performance.now();
      const first = await Promise.all(Array.from({ length: 10 }, () => reasonOf(store.take(CHARGES))));
      const waitedMs = performance.now() - startedAt;
      expect(first).toEqual(Array.from({ length: 10 }, () => "timeout"));
      expect(waitedMs).toBeGreaterThan(140);
      expect(waitedMs).toBeLessThan(600);
      const again = performance.now();
      expect(await reasonOf(store.take(CHARGES))).toBe("unavailable");
      expect(performance.now() - again).toBeLessThan(50);
      expect(shared.report().state).toBe("down");
      server.resume();
      await recovered(store);
    });
  });

  test("hangs until its connection is given up is connected to anew", async () => {
    const { server, store } = await setUp(1_000);
    const before = await server.cli("client", "list");
    server.hang();
    expect(await reasonOf(store.get("a"))).toBe("timeout");
    const text = async () => (await store.get("a").catch((error) => error)).message;
    await until(async () => (await text()) === "Redis is not connected", PATIENT);
    server.resume();
    await recovered(store);
    expect(clientId(await server.cli("client", "list"))).not.toBe(clientId(before));
  });

  test("is slow now and then fails those calls alone", async () => {
    const { server, shared, store } = await setUp(200);
    await recovered(store);
    const sleep = server.cli("debug", "sleep", "1.5");
    await until(async () => (await store.get("a").catch((error) => error.reason)) === "timeout", PATIENT);
    await sleep;
    await recovered(store);
    expect(shared.report().failures.timeout).toBeGreaterThan(0);
  });

  test("is a replica says so, and is used when it is a master again", async () => {
    const { server, store } = await setUp();
    await store.set("a", "1");
    const before = clientId(await server.cli("client", "list"));
    await server.cli("replicaof", "127.0.0.1", "1");
    await server.cli("config", "set", "replica-serve-stale-data", "yes");
    const seen = await until(async () => {
      const reason = await store.take(CHARGES).catch((error) => error.reason);
      return reason === "read-only" ? reason : undefined;
    }, PATIENT);
    expect(seen).toBe("read-only");
    // The name may lead to another server by now.
    await until(async () => clientId(await server.cli("client", "list")) !== before, PATIENT);
    await server.cli("replicaof", "no", "one");
    await recovered(store);
  });

  test("is full says so, lets what is there be read, and takes writes when there is room", async () => {
    const { server, store } = await setUp();
    await store.set("a", "1");
    await server.cli("config", "set", "maxmemory", "1");
    expect(await reasonOf(store.take(CHARGES))).toBe("full");
    expect(await reasonOf(store.set("b", "1"))).toBe("full");
    expect(await store.get("a")).toBe("1");
    await server.cli("config", "set", "maxmemory", "0");
    await store.take(CHARGES);
  });

  test("has lost its scripts gets them again", async () => {
    const { server, store } = await setUp();
    await store.take(CHARGES);
    await server.cli("script", "flush");
    const all = await Promise.all(Array.from({ length: 20 }, () => store.take(CHARGES)));
    expect(all.every(([taken]) => taken?.allowed)).toBe(true);
  });

  test("has another kind of value under a key refuses", async () => {
    const { server, store } = await setUp();
    await server.cli("lpush", "list", "1");
    expect(await reasonOf(store.raw.get("list"))).toBe("refused");
    expect(await reasonOf(store.raw.increment("list", 1))).toBe("refused");
  });

  test("does not know the password is down until it does, and nobody is told the password", async () => {
    const server = await startRedis();
    opened.push(server);
    await server.cli("acl", "setuser", "gate", "on", ">right-secret", ...PERMITTED);
    const [user, password] = ["gate", "wrong-secret"];
    const shared = redisStore({ url: server.url.replace("redis://", `redis://${user}:${password}@`) });
    opened.push(shared);
    await until(() => shared.report().lastError !== undefined, PATIENT);
    const call = shared.of("test").get("a");
    const error = await call.catch((one) => one);
    expect(error.reason).toBe("unavailable");
    expect(shared.report()).toMatchObject({ state: "down", lastError: { reason: "unavailable" } });
    expect(shared.report().lastError?.message).toBe("Redis does not accept the password");
    expect(Bun.inspect([shared.report(), error])).not.toContain(password);
    await server.cli("acl", "setuser", "gate", `>${password}`);
    const store = shared.of("test");
    await recovered(store);
    let opens = 0;
    store.subscribe("news", { onMessage: () => {}, onOpen: () => opens++ });
    await until(() => opens === 1);
    await store.publish("news", "1");
    expect(await store.lock("a", { ttlMs: 1_000 })).toBeDefined();
    expect(await reasonOf(store.raw.get("other"))).toBe("unavailable");
  });

  test("is not there at the start is used when it comes", async () => {
    const server = await startRedis();
    opened.push(server);
    await server.kill();
    const shared = redisStore({ url: server.url });
    opened.push(shared);
    expect(await reasonOf(shared.of("test").get("a"))).toBe("unavailable");
    await server.restart();
    await recovered(shared.of("test"));
  });
});

describe("subscribers", () => {
  test("hear again after a gap, and are told of it", async () => {
    const { server, store } = await setUp();
    const heard: string[] = [];
    let opens = 0;
    store.subscribe("news", { onMessage: (text) => heard.push(text), onOpen: () => opens++ });
    await until(() => opens === 1);
    await server.kill();
    await server.restart();
    await until(() => opens >= 2, PATIENT);
    await until(async () => {
      await store.publish("news", "1").catch(() => {});
      return heard.length > 0;
    }, PATIENT);
    expect(heard[0]).toBe("1");
  });

  test("may begin while Redis is away", async () => {
    const { server, store } = await setUp();
    await server.kill();
    let opens = 0;
    const stop = store.subscribe("news", { onMessage: () => {}, onOpen: () => opens++ });
    await server.restart();
    await until(() => opens === 1, PATIENT);
    stop();
  });
});

test("a closed store ends every wait, and leaves no connection behind", async () => {
  const { server, shared, store } = await setUp(5_000);
  const clients = async () =>
    (await server.cli("client", "list")).split("\n").filter((one) => one.includes("name=sluice"));
  store.subscribe("news", { onMessage: () => {} });
  await until(async () => (await clients()).length === 2);
  server.hang();
  const call = store.get("a");
  await shared.close();
  expect(await reasonOf(call)).toBe("closed");
  expect(await reasonOf(store.get("a"))).toBe("closed");
  server.resume();
  await until(async () => (await clients()).length === 0);
});

test("a caller may give up earlier than the store", async () => {
  const { server, store } = await setUp(5_000);
  server.hang();
  const abort = new AbortController();
  const given = store.get("a", { signal: abort.signal });
  const short = store.get("a", { timeoutMs: 20 });
  abort.abort();
  expect(await reasonOf(given)).toBe("aborted");
  expect(await reasonOf(short)).toBe("timeout");
  server.resume();
});
