import { describe, expect, test } from "bun:test";
import { storeKey } from "../../src/store/key.ts";
import { type LimitKind, limitPolicy } from "../../src/store/limit.ts";
import type { Store } from "../../src/store/store.ts";

/** Runs what must not be late by more than 100 ms, anew if it was. */
export type InTime = (scenario: (pass: (ms: number) => Promise<void>) => Promise<void>) => Promise<void>;

/** What limits promise, whatever keeps their counts. */
export function describeLimits(setUp: () => Promise<readonly [Store, Store]>, inTime: InTime): void {
  describe("limits", () => {
    test("5 a minute lets 5 pass at once and refuses the sixth for 12 s", async () => {
      const [here, there] = await setUp();
      const policy = limitPolicy({ kind: "gcra", limit: 5, windowMs: 60_000 });
      for (let left = 4; left >= 0; left--) {
        const [taken] = await (left % 2 ? here : there).take([{ key: "u", policy }]);
        expect(taken).toMatchObject({ allowed: true, limit: 5, remaining: left, retryAfterMs: 0 });
      }
      const [refused] = await here.take([{ key: "u", policy }]);
      expect(refused).toMatchObject({ allowed: false, limit: 5, remaining: 0 });
      expect(Math.ceil((refused?.retryAfterMs ?? 0) / 1_000)).toBe(12);
      expect(Math.ceil((refused?.resetAfterMs ?? 0) / 1_000)).toBe(60);
    });

    test("gcra lets one more pass when its time has come, and no earlier", async () => {
      await inTime(async (pass) => {
        const [store] = await setUp();
        const policy = limitPolicy({ kind: "gcra", limit: 4, windowMs: 2_000, burst: 1 });
        expect((await store.take([{ key: "u", policy }]))[0]?.allowed).toBe(true);
        const [refused] = await store.take([{ key: "u", policy }]);
        expect(refused?.allowed).toBe(false);
        await pass(refused?.retryAfterMs ?? 0);
        expect((await store.take([{ key: "u", policy }]))[0]?.allowed).toBe(true);
      });
    });

    test.each<LimitKind>(["gcra", "sliding-window", "fixed-window"])("%s counts costs", async (kind) => {
      const [store] = await setUp();
      const policy = limitPolicy({ kind, limit: 10, windowMs: 3_600_000 });
      const take = async (cost: number) => (await store.take([{ key: "u", policy, cost }]))[0];
      expect(await take(7)).toMatchObject({ allowed: true, remaining: 3 });
      expect(await take(4)).toMatchObject({ allowed: false, remaining: 3 });
      expect(await take(11)).toMatchObject({ allowed: false, retryAfterMs: Number.POSITIVE_INFINITY });
      expect(await take(3)).toMatchObject({ allowed: true, remaining: 0, retryAfterMs: 0 });
      await store.giveBack([{ key: "u", policy, cost: 3 }]);
      expect(await take(3)).toMatchObject({ allowed: true, remaining: 0 });
      await store.giveBack([{ key: "nobody", policy }]);
    });

    test.each<LimitKind>(["gcra", "sliding-window", "fixed-window"])(
      "%s takes forced charges past its limit",
      async (kind) => {
        const [store, other] = await setUp();
        const policy = limitPolicy({ kind, limit: 10, windowMs: 86_400_000 });
        const force = async (cost: number) => (await store.take([{ key: "u", policy, cost, isForced: true }]))[0];
        expect(await force(0)).toMatchObject({ allowed: true, limit: 10, remaining: 10 });
        expect(await force(4)).toMatchObject({ allowed: true, remaining: 6 });
        expect(await force(9)).toMatchObject({ allowed: true, remaining: -3, retryAfterMs: 0 });
        expect(await force(0)).toMatchObject({ remaining: -3 });
        const [refused] = await other.take([{ key: "u", policy }]);
        expect(refused).toMatchObject({ allowed: false, remaining: 0 });
        expect(refused?.retryAfterMs).toBeGreaterThan(kind === "gcra" ? 3 * 8_640_000 : 0);
        expect(await force(1_000_000)).toMatchObject({ remaining: -10 });
      },
    );

    test("charges that were prepared count like others, each time anew", async () => {
      const [here, there] = await setUp();
      const policy = limitPolicy({ kind: "fixed-window", limit: 4, windowMs: 86_400_000 });
      const charges = [
        { key: "p", policy },
        { key: "q", policy, cost: 2 },
      ];
      const prepared = here.prepare(charges);
      expect((await here.take(prepared)).map(({ remaining }) => remaining)).toEqual([3, 2]);
      expect((await there.take(charges)).map(({ remaining }) => remaining)).toEqual([2, 0]);
      expect((await here.take(prepared)).map(({ allowed }) => allowed)).toEqual([true, false]);
      await here.giveBack(prepared);
      expect((await here.take(prepared)).map(({ remaining }) => remaining)).toEqual([2, 0]);
      expect(here.prepare([])).toEqual([]);
      expect(() => here.prepare([{ key: "p", policy, cost: 0 }])).toThrow(RangeError);
      await expect(here.raw.take(prepared)).rejects.toThrow("another part of the store");
    });

    test("if one of several refuses, none is charged", async () => {
      const [store] = await setUp();
      const wide = limitPolicy({ kind: "gcra", limit: 100, windowMs: 3_600_000 });
      const narrow = limitPolicy({ kind: "fixed-window", limit: 2, windowMs: 86_400_000 });
      for (const key of ["u", storeKey("another", "key")]) {
        const charges = [
          { key: "u", policy: wide },
          { key, policy: narrow },
        ];
        await store.take(charges);
        await store.take(charges);
        const [first, second] = await store.take(charges);
        expect(first).toMatchObject({ allowed: true, retryAfterMs: 0 });
        expect(second).toMatchObject({ allowed: false, remaining: 0 });
      }
      const [left] = await store.take([{ key: "u", policy: wide }]);
      expect(left?.remaining).toBe(95);
    });

    test.each<LimitKind>(["gcra", "sliding-window", "fixed-window"])(
      "%s: of 64 at once exactly the limit pass",
      async (kind) => {
        const [here, there] = await setUp();
        const policy = limitPolicy({ kind, limit: 20, windowMs: 86_400_000 });
        const all = Array.from({ length: 64 }, (_, i) => (i % 2 ? here : there).take([{ key: "u", policy }]));
        const taken = (await Promise.all(all)).map(([one]) => one);
        expect(taken.filter((one) => one?.allowed).length).toBe(20);
      },
    );

    test("a window that is over is forgotten, and weighs on in a sliding one", async () => {
      await inTime(async (pass) => {
        const [store] = await setUp();
        const options = { limit: 4, windowMs: 600 };
        const fixed = limitPolicy({ kind: "fixed-window", ...options });
        const sliding = limitPolicy({ kind: "sliding-window", ...options });
        const [start] = await store.take([{ key: "probe", policy: fixed }]);
        await pass((start?.resetAfterMs ?? 0) + 5);
        await store.take([{ key: "u", policy: fixed, cost: 4 }]);
        const [full] = await store.take([{ key: "u", policy: sliding, cost: 4 }]);
        expect(full).toMatchObject({ allowed: true, remaining: 0 });
        const [over] = await store.take([{ key: "u", policy: fixed }]);
        expect(over?.allowed).toBe(false);
        await pass((over?.resetAfterMs ?? 0) + 5);
        expect((await store.take([{ key: "u", policy: fixed, cost: 4 }]))[0]?.allowed).toBe(true);
        const [slid] = await store.take([{ key: "u", policy: sliding, cost: 4 }]);
        expect(slid?.allowed).toBe(false);
        await pass(slid?.retryAfterMs ?? 0);
        expect((await store.take([{ key: "u", policy: sliding, cost: 4 }]))[0]?.allowed).toBe(true);
      });
    });
  });
}
