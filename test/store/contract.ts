import { describe, expect, test } from "bun:test";
import { groupKey } from "../../src/store/key.ts";
import { KeyGroup } from "../../src/store/key-group.ts";
import { limitPolicy } from "../../src/store/limit.ts";
import type { SharedStore } from "../../src/store/shared.ts";
import type { Store } from "../../src/store/store.ts";
import { punctually } from "../support/punctual.ts";
import { until } from "../support/until.ts";
import { describeLimits, type InTime } from "./contract-limits.ts";
import { reasonOf } from "./reason.ts";

/** A store under test. */
export interface Contestant {
  /** Two gateways that share one store; of the embedded one it is twice the same. */
  stores(): Promise<readonly [SharedStore, SharedStore]>;
  /** Resolves when that many ms have passed on the store's clock. */
  pass(ms: number): Promise<void>;
}

/** What every store promises, whatever keeps its data. Each test has keys of its own. */
export function describeStore(name: string, { stores, pass }: Contestant): void {
  const inTime: InTime = (scenario) => punctually(scenario, { pass });
  let part = 0;
  const setUp = async (): Promise<readonly [Store, Store]> => {
    const [first, second] = await stores();
    const plugin = `test-${++part}-${crypto.randomUUID().slice(0, 8)}`;
    return [first.of(plugin), second.of(plugin)];
  };

  describe(name, () => {
    test("keeps values, text and bytes, for all gateways", async () => {
      const [here, there] = await setUp();
      expect(await here.get("a")).toBeUndefined();
      expect(await here.getBytes("a")).toBeUndefined();
      expect(await here.exists("a")).toBe(false);
      expect(await here.set("a", "é\r\n\0")).toBe(true);
      expect(await there.get("a")).toBe("é\r\n\0");
      expect(await there.exists("a")).toBe(true);
      const bytes = new Uint8Array([0, 255, 13, 10, 195]);
      await here.set("b", bytes);
      expect([...((await there.getBytes("b")) ?? [])]).toEqual([...bytes]);
      expect(await here.getMany(["b2", "a", "none"])).toEqual([undefined, "é\r\n\0", undefined]);
      expect(await here.getMany([])).toEqual([]);
      const groups = [new KeyGroup(["none", "x"]), new KeyGroup(["y", "a", "é"]), new KeyGroup(["z"])];
      expect([...(await here.getFew(groups))]).toEqual([[3, "é\r\n\0"]]);
      // Asked again, with more to find, by another part and under whole keys.
      await here.set("é", "2");
      expect([...(await there.getFew(groups))]).toEqual([
        [3, "é\r\n\0"],
        [4, "2"],
      ]);
      const whole = new KeyGroup(["none", here.wholeKey("é")]);
      expect([...(await here.raw.getFew([whole]))]).toEqual([[1, "2"]]);
      await here.delete("é");
      expect([...(await here.raw.getFew([whole]))]).toEqual([]);
      expect([...(await here.getFew([]))]).toEqual([]);
      expect(await there.delete("a")).toBe(true);
      expect(await there.delete("a")).toBe(false);
      expect(await here.get("a")).toBeUndefined();
    });

    test("an empty value is a value", async () => {
      const [store] = await setUp();
      await store.set("a", "");
      expect([await store.get("a"), await store.exists("a")]).toEqual(["", true]);
    });

    test("writes only where there is nothing, if asked to", async () => {
      const [here, there] = await setUp();
      const both = await Promise.all([here, there].map((store) => store.set("a", "1", { ifAbsent: true })));
      expect(both.toSorted()).toEqual([false, true]);
    });

    test("lets a value go when its time is over, and a new one has a time of its own", async () => {
      await inTime(async (pass) => {
        const [store] = await setUp();
        await store.set("a", "1", { ttlMs: 200 });
        await store.set("b", "1", { ttlMs: 200 });
        await store.set("b", "2");
        expect(await store.get("a")).toBe("1");
        await pass(210);
        expect([await store.get("a"), await store.exists("a"), await store.get("b")]).toEqual([undefined, false, "2"]);
      });
    });

    test("counts for all gateways at once, and its time begins with the first", async () => {
      await inTime(async (pass) => {
        const [here, there] = await setUp();
        const counts = await Promise.all(
          Array.from({ length: 20 }, (_, i) => (i % 2 ? here : there).increment("a", 2)),
        );
        expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => 2 * (i + 1)));
        expect(await here.increment("b", 5, 300)).toBe(5);
        await pass(180);
        expect(await here.increment("b", -1, 300)).toBe(4);
        await pass(180);
        expect(await here.increment("b", 1, 300)).toBe(1);
      });
    });

    test("refuses to count what is no counter", async () => {
      const [store] = await setUp();
      await store.set("a", "x");
      expect(await reasonOf(store.increment("a", 1))).toBe("refused");
      expect(await store.get("a")).toBe("x");
    });

    test("keeps the parts of plugins apart, and raw keys as they stand", async () => {
      const [first] = await stores();
      const id = crypto.randomUUID();
      const [a, b] = [first.of(`a-${id}`), first.of(`b-${id}`)];
      await a.set("key", "of a");
      expect(await b.get("key")).toBeUndefined();
      await a.raw.set(`blacklist:${id}`, "1", { ttlMs: 60_000 });
      expect(await b.raw.get(`blacklist:${id}`)).toBe("1");
      expect(await a.get(`blacklist:${id}`)).toBeUndefined();
    });

    test("finds keys by how they begin", async () => {
      const [first] = await stores();
      const [a, b] = [first.of(`a-${crypto.randomUUID()}`), first.of(`b-${crypto.randomUUID()}`)];
      const names = Array.from({ length: 50 }, (_, i) => `x*?[${i}`);
      for (const name of [...names, "x", "y*?[1"]) await a.set(name, "1");
      await b.set("x*?[b", "1");
      expect((await a.keys("x*?[", 100)).toSorted()).toEqual(names.toSorted());
      expect(await a.keys("x*?[", 7)).toHaveLength(7);
      expect(await a.keys("nothing", 7)).toEqual([]);
      expect(await a.raw.keys(a.wholeKey("y"), 7)).toEqual([a.wholeKey("y*?[1")]);
    });

    test("writes several keys as one", async () => {
      const [here, there] = await setUp();
      const key = (name: string) => groupKey("user 1", name);
      await here.set(key("gone"), "1");
      await here.transact([
        { op: "set", key: key("a"), value: "1", ttlMs: 60_000 },
        { op: "increment", key: key("n"), by: 3 },
        { op: "delete", key: key("gone") },
      ]);
      expect(await there.getMany(["a", "n", "gone"].map(key))).toEqual(["1", "3", undefined]);
      await here.set(key("text"), "x");
      const broken = here.transact([
        { op: "set", key: key("a"), value: "2" },
        { op: "increment", key: key("text"), by: 1 },
      ]);
      expect(await reasonOf(broken)).toBe("refused");
      expect(await there.get(key("a"))).toBe("1");
    });

    test("a transaction has keys of one group, each once", async () => {
      const [store] = await setUp();
      const write = (key: string) => ({ op: "set", key, value: "1" }) as const;
      await expect(store.transact([write("a"), write("b")])).rejects.toThrow(RangeError);
      const key = groupKey("g", "a");
      await expect(store.transact([write(key), write(key)])).rejects.toThrow(RangeError);
      expect(await store.exists("a")).toBe(false);
    });

    test("arguments out of range are a mistake of the caller", async () => {
      const [store] = await setUp();
      const policy = limitPolicy({ kind: "gcra", limit: 1, windowMs: 1_000 });
      for (const call of [
        () => store.set("a", "1", { ttlMs: 0 }),
        () => store.set("a", "1", { ttlMs: 0.5 }),
        () => store.increment("a", 0.5),
        () => store.take([{ key: "a", policy, cost: 0 }]),
        () =>
          store.take([
            { key: "a", policy },
            { key: "a", policy },
          ]),
        () => store.lease("a", { limit: 0, leaseMs: 1 }),
        () => store.lock("a", { ttlMs: -1 }),
      ]) {
        await expect(call()).rejects.toThrow(RangeError);
      }
    });

    test("a call that nobody waits for any more rejects", async () => {
      const [store] = await setUp();
      expect(await reasonOf(store.get("a", { signal: AbortSignal.abort() }))).toBe("aborted");
    });

    describeLimits(setUp, inTime);

    describe("locks", () => {
      test("are held by one, whose number grows with each", async () => {
        const [here, there] = await setUp();
        const first = await here.lock("a", { ttlMs: 60_000 });
        expect(await there.lock("a", { ttlMs: 60_000 })).toBeUndefined();
        expect(await there.lock("b", { ttlMs: 60_000 })).toBeDefined();
        expect(await first?.extend(60_000)).toBe(true);
        expect([await first?.release(), await first?.release(), await first?.extend(1_000)]).toEqual([
          true,
          false,
          false,
        ]);
        const second = await there.lock("a", { ttlMs: 60_000 });
        expect(second?.fence).toBeGreaterThan(first?.fence ?? Number.POSITIVE_INFINITY);
      });

      test("end by themselves, and their holder is told", async () => {
        const [here, there] = await setUp();
        const first = await here.lock("a", { ttlMs: 150 });
        await pass(160);
        const second = await there.lock("a", { ttlMs: 60_000 });
        expect(second?.fence).toBeGreaterThan(first?.fence ?? Number.POSITIVE_INFINITY);
        expect([await first?.extend(1_000), await first?.release()]).toEqual([false, false]);
        expect(await second?.release()).toBe(true);
      });

      test("are waited for until they are free, the time is over or the caller gives up", async () => {
        const [here, there] = await setUp();
        const held = await here.lock("a", { ttlMs: 60_000, fenceMs: 0 });
        expect(await there.lock("a", { ttlMs: 60_000, waitMs: 20 })).toBeUndefined();
        const abort = new AbortController();
        const given = there.lock("a", { ttlMs: 60_000, waitMs: 60_000, signal: abort.signal });
        const waiting = there.lock("a", { ttlMs: 60_000, waitMs: 60_000 });
        abort.abort();
        expect(await reasonOf(given)).toBe("aborted");
        await held?.release();
        expect((await waiting)?.fence).toBeGreaterThan(held?.fence ?? Number.POSITIVE_INFINITY);
      });
    });

    describe("semaphores", () => {
      test("have so many places for all gateways together", async () => {
        const [here, there] = await setUp();
        const options = { limit: 3, leaseMs: 60_000 };
        const all = Array.from({ length: 64 }, (_, i) => (i % 2 ? here : there).lease("a", options));
        const leases = (await Promise.all(all)).filter((lease) => lease !== undefined);
        expect(leases.map(({ inUse }) => inUse).toSorted()).toEqual([1, 2, 3]);
        expect(await here.leased("a")).toBe(3);
        expect(await there.lease("a", options)).toBeUndefined();
        expect([await leases[0]?.release(), await leases[0]?.release()]).toEqual([true, false]);
        expect((await there.lease("a", options))?.inUse).toBe(3);
      });

      test("free the places of those who do not renew", async () => {
        await inTime(async (pass) => {
          const [here, there] = await setUp();
          const options = { limit: 2, leaseMs: 300 };
          const dead = await here.lease("a", options);
          const alive = await here.lease("a", options);
          await pass(180);
          expect(await alive?.renew()).toBe(true);
          await pass(180);
          expect(await there.leased("a")).toBe(1);
          expect(await dead?.renew()).toBe(false);
          expect((await there.lease("a", options))?.inUse).toBe(2);
          expect(await dead?.release()).toBe(false);
        });
      });
    });

    test("what is published reaches all who listen to the channel, until they stop", async () => {
      const [here, there] = await setUp();
      const heard: string[] = [];
      let open = 0;
      const listen = (store: Store, name: string) =>
        store.subscribe("news", { onMessage: (text) => heard.push(`${name} ${text}`), onOpen: () => open++ });
      const stops = [listen(here, "a"), listen(here, "b"), listen(there, "c")];
      await until(() => open === 3);
      await here.publish("news", "1");
      await here.publish("other", "x");
      await until(() => heard.length === 3);
      stops[0]?.();
      stops[0]?.();
      await there.publish("news", "2");
      await until(() => heard.length === 5);
      expect(heard.toSorted()).toEqual(["a 1", "b 1", "b 2", "c 1", "c 2"]);
      for (const stop of stops) stop();
    });
  });
}
