import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { KeyGroup } from "../../src/store/key-group.ts";
import { type LimitPolicy, limitPolicy, type Taken } from "../../src/store/limit.ts";
import { MemoryBackend } from "../../src/store/memory/backend.ts";
import { shareStore } from "../../src/store/shared.ts";
import type { Store, TakeRequest } from "../../src/store/store.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { reasonOf } from "./reason.ts";
import { openRedisStore, type TestStore } from "./redis-store.ts";

const few: LimitPolicy = limitPolicy({ kind: "fixed-window", limit: 3, windowMs: 86_400_000 });

let server: RedisServer;
let shared: TestStore;

beforeAll(async () => {
  server = await startRedis();
  shared = await openRedisStore({ url: server.url });
});

afterAll(async () => {
  await shared[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** What the request was told: the answers, or that it was held. Rejects with the store's failure. */
function ask(store: Store, key: string, others?: readonly string[]): Promise<readonly Taken[] | "held"> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Taken[] | "held">();
  store.ask?.({
    charges: store.prepare([{ key, policy: few }]),
    unless: others && new KeyGroup(others),
    onTaken: resolve,
    onHeld: () => resolve("held"),
    onStoreFailure: reject,
  });
  return promise;
}

async function leftOf(store: Store, key: string): Promise<number | undefined> {
  const [taken] = await store.take([{ key, policy: few, cost: 0, isForced: true }]);
  return taken?.remaining;
}

describe("limits that are asked with other keys", () => {
  test("are charged where none of the keys exists, and only there", async () => {
    const store = shared.of("some");
    await server.cli("set", "bad:1", "1");
    await server.cli("lpush", "bad:2", "of any type");
    const told = await Promise.all([
      ask(store, "a", ["good:1", "good:2"]),
      ask(store, "a", ["good:1", "bad:1"]),
      ask(store, "b"),
      ask(store, "a", ["bad:2"]),
      ask(store, "a", []),
      ask(store, "a", ["good:3", "good:4", "good:5", "größe"]),
    ]);
    expect(told.map((one) => (one === "held" ? one : one[0]?.remaining))).toEqual([2, "held", 2, "held", 1, 0]);
    expect(await ask(store, "b", ["bad:1", "good:1"])).toBe("held");
    expect(await leftOf(store, "b")).toBe(2);
  });

  test("ask for all requests of a turn in one command", async () => {
    const store = shared.of("one");
    await ask(store, "warm");
    const answered = () => shared.report().latency?.count ?? 0;
    const before = answered();
    await Promise.all(Array.from({ length: 60 }, (_, i) => ask(store, `k${i}`, [`token:${i}`, `subject:${i}`])));
    expect(answered() - before).toBe(1);
  });

  test("fail by themselves where a key is something else", async () => {
    const store = shared.of("kinds");
    await store.set("limit:{odd}:f86400000", "a text");
    await server.cli("set", "bad:3", "1");
    const told = [ask(store, "k", ["good"]), ask(store, "odd", ["good"]), ask(store, "odd", ["bad:3"])] as const;
    expect(await reasonOf(told[1])).toBe("refused");
    expect((await told[0])[0]).toMatchObject({ remaining: 2 });
    expect(await told[2]).toBe("held");
    expect(await reasonOf(ask(store, "odd", ["good"]))).toBe("refused");
  });

  test("need no more than to read the keys", async () => {
    await server.cli("acl", "setuser", "narrow", "on", ">secret", "+@all", "~sluice:*", "%R~revoked:*");
    await using narrow = await openRedisStore({ url: `redis://narrow:secret@127.0.0.1:${server.port}` });
    const store = narrow.of("narrow");
    await server.cli("set", "revoked:1", "1");
    expect(await ask(store, "k", ["revoked:1"])).toBe("held");
    expect((await ask(store, "k", ["revoked:2"]))[0]).toMatchObject({ allowed: true, remaining: 2 });
    // Which of the two depends on the version of Redis.
    expect(["refused", "unavailable"]).toContain(await reasonOf(ask(store, "k", ["other:1"])));
    expect(await leftOf(store, "k")).toBe(2);
  });

  test("know when Redis is not there", async () => {
    await using other = await startRedis();
    await using lone = await openRedisStore({ url: other.url, "command-timeout": 1_000 });
    const store = lone.of("gone");
    await ask(store, "k", ["token"]);
    other.hang();
    const told = Array.from({ length: 100 }, () => reasonOf(ask(store, "k", ["token"])));
    expect(new Set(await Promise.all(told))).toEqual(new Set(["timeout"]));
    expect(await reasonOf(ask(store, "k", ["token"]))).toBe("unavailable");
  });

  test("are told later, also those before whom another throws", async () => {
    const store = shared.of("throws");
    const thrown = new Error("it must not");
    const queue = spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
    const charges = store.prepare([{ key: "k", policy: few }]);
    const fail = () => {
      throw thrown;
    };
    const broken: TakeRequest = { charges, unless: undefined, onTaken: fail, onHeld: fail, onStoreFailure: fail };
    store.ask?.(broken);
    expect((await ask(store, "k"))[0]).toMatchObject({ remaining: 1 });
    const tasks = queue.mock.calls.map(([task]) => task);
    queue.mockRestore();
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toThrow(thrown);
  });

  test("are refused at once if they are not prepared, or depend on too many keys", async () => {
    const store = shared.of("odd");
    const request = (charges: TakeRequest["charges"], keys: number): TakeRequest => ({
      charges,
      unless: new KeyGroup(Array.from({ length: keys }, (_, i) => `k${i}`)),
      onTaken: () => {},
      onHeld: () => {},
      onStoreFailure: () => {},
    });
    const charges = [{ key: "k", policy: few }];
    expect(() => store.ask?.(request(charges, 1))).toThrow(RangeError);
    expect(() => store.ask?.(request(shared.of("other").prepare(charges), 1))).toThrow(RangeError);
    expect(() => store.ask?.(request(store.prepare(charges), 17))).toThrow("16 keys at most");
    expect(() => store.ask?.(request(store.prepare(charges), 16))).not.toThrow();
  });

  test("are nothing that memory has to do", () => {
    expect(shareStore(new MemoryBackend({ now: Date.now }), "").of("x").ask).toBeUndefined();
  });
});
