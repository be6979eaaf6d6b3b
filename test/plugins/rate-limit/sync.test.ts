import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Syncer } from "../../../plugins/rate-limit/sync.ts";
import type { CounterSeries } from "../../../src/plugin.ts";
import { type LimitKind, limitPolicy } from "../../../src/store/limit.ts";
import { MemoryBackend } from "../../../src/store/memory/backend.ts";
import { type SharedStore, shareStore } from "../../../src/store/shared.ts";

const WINDOW_MS = 1_000;
const clock = { nowMs: 0 };
const now = () => clock.nowMs;

const series = (): CounterSeries => ({ inc() {} }) as never;
const counts = {
  allowed: series(),
  refused: series(),
  barred: series(),
  fallback: series(),
  lost: series(),
  refusedBy: series,
};

/** One of several gateways: it counts by itself, and compares when it is told to. */
function gateway(shared: SharedStore) {
  const local = shareStore(new MemoryBackend({ now }), "").localOf("rate-limit");
  const syncer = new Syncer(shared.of("rate-limit"), local, 3_600_000, counts);
  return {
    exchange: () => syncer.exchange(),
    take(charge: Parameters<typeof local.takeNow>[0][number]): boolean {
      const [taken] = local.takeNow([charge]);
      if (taken?.allowed !== true) return false;
      syncer.note([charge], false);
      return true;
    },
  };
}

function gateways(count: number) {
  clock.nowMs = Date.UTC(2030, 0, 1);
  const backend = new MemoryBackend({ now });
  const shared = shareStore(backend, "");
  return { backend, all: Array.from({ length: count }, () => gateway(shared)) };
}

describe("gateways that compare", () => {
  test.each<LimitKind>(["gcra", "sliding-window", "fixed-window"])("know of %s what others have used", async (kind) => {
    const charge = { key: "k", policy: limitPolicy({ kind, limit: 10, windowMs: 60_000 }) };
    const [a, b] = gateways(2).all;
    for (let i = 0; i < 6; i++) expect(a?.take(charge)).toBe(true);
    expect(b?.take(charge)).toBe(true);
    await a?.exchange();
    await b?.exchange();
    const more = Array.from({ length: 10 }, () => b?.take(charge)).filter(Boolean).length;
    expect(more).toBe(3);
  });

  test("count what passes while they compare, once", async () => {
    const charge = { key: "k", policy: limitPolicy({ kind: "gcra", limit: 10, windowMs: 60_000 }) };
    const [a, b] = gateways(2).all;
    for (let i = 0; i < 3; i++) b?.take(charge);
    await b?.exchange();
    for (let i = 0; i < 3; i++) a?.take(charge);
    const comparing = a?.exchange();
    for (let i = 0; i < 2; i++) expect(a?.take(charge)).toBe(true);
    await comparing;
    // 3 of the other, 5 of its own: 2 are left.
    expect([a?.take(charge), a?.take(charge), a?.take(charge)]).toEqual([true, true, false]);
    await a?.exchange();
    expect(b?.take(charge)).toBe(true);
    await b?.exchange();
    expect(b?.take(charge)).toBe(false);
  });

  test("owe what they have let through too much", async () => {
    const charge = { key: "k", policy: limitPolicy({ kind: "gcra", limit: 10, windowMs: 10_000 }) };
    const { all } = gateways(2);
    for (const one of all) for (let i = 0; i < 10; i++) expect(one.take(charge)).toBe(true);
    for (const one of all) await one.exchange();
    clock.nowMs += 10_000;
    // The one that came second owes all of these ten seconds.
    expect(all.map((one) => one.take(charge))).toEqual([true, false]);
    clock.nowMs += 2_000;
    expect(all.map((one) => one.take(charge))).toEqual([true, true]);
  });

  test("count on by themselves while the store is away, and tell it later", async () => {
    const charge = { key: "k", policy: limitPolicy({ kind: "gcra", limit: 10, windowMs: 60_000 }) };
    clock.nowMs = Date.UTC(2030, 0, 1);
    const shared = shareStore(new MemoryBackend({ now }), "");
    const store = shared.of("rate-limit");
    let isAway = true;
    const take: typeof store.take = (charges) => (isAway ? Promise.reject(new Error("away")) : store.take(charges));
    const flaky = new Proxy(store, { get: (target, name) => (name === "take" ? take : Reflect.get(target, name)) });
    const a = gateway({ ...shared, of: () => flaky });
    for (let i = 0; i < 4; i++) a.take(charge);
    await a.exchange();
    isAway = false;
    await a.exchange();
    await a.exchange();
    const [left] = await store.take([{ ...charge, cost: 0, isForced: true }]);
    expect(left?.remaining).toBe(6);
  });
});

const step = fc.record({
  gateway: fc.nat(2),
  what: fc.constantFrom("take", "take", "take", "take", "exchange"),
  waitMs: fc.oneof(fc.constant(0), fc.nat(20), fc.nat(400)),
});

test("n gateways never let more pass than n × (burst + rate × t), each never more than burst + rate × t", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 120 }), async (limit, steps) => {
      const charge = { key: "k", policy: limitPolicy({ kind: "gcra", limit, windowMs: WINDOW_MS }) };
      const { all } = gateways(3);
      const moments: { at: number; by: number }[] = [];
      for (const { gateway: by, what, waitMs } of steps) {
        clock.nowMs += waitMs;
        if (what === "exchange") await all[by]?.exchange();
        else if (all[by]?.take(charge) === true) moments.push({ at: clock.nowMs, by });
      }
      const bound = (ms: number) => limit + (ms * limit) / WINDOW_MS;
      for (const [i, { at: from }] of moments.entries()) {
        const later = moments.slice(i);
        for (const [count, { at: to }] of later.entries()) {
          expect(count + 1).toBeLessThanOrEqual(3 * bound(to - from));
          for (const by of [0, 1, 2]) {
            const own = later.slice(0, count + 1).filter((one) => one.by === by).length;
            expect(own).toBeLessThanOrEqual(bound(to - from));
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("with an exchange after each request they let pass what one would", async () => {
  const charge = { key: "k", policy: limitPolicy({ kind: "gcra", limit: 5, windowMs: WINDOW_MS }) };
  const { all } = gateways(3);
  let passed = 0;
  for (let i = 0; i < 200; i++) {
    clock.nowMs += 50;
    const one = all[i % 3];
    if (one?.take(charge) === true) passed++;
    for (const other of all) await other.exchange();
  }
  // 10 s at 5 a second, after a burst of 5; others learn of a take only when they take something themselves.
  expect(passed).toBeLessThanOrEqual(3 * 5 + 50);
  expect(passed).toBeGreaterThanOrEqual(50);
});
