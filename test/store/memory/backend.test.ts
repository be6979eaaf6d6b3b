import { describe, expect, test } from "bun:test";
import { limitPolicy } from "../../../src/store/limit.ts";
import { MemoryBackend } from "../../../src/store/memory/backend.ts";
import { shareStore } from "../../../src/store/shared.ts";
import { describeStore } from "../contract.ts";
import { reasonOf } from "../reason.ts";

let nowMs = Date.UTC(2030, 0, 1);
const shared = shareStore(new MemoryBackend({ now: () => nowMs }), "");

describeStore("the embedded store", {
  stores: async () => [shared, shared],
  pass: async (ms) => {
    nowMs += ms;
  },
});

describe("the bounds of the embedded store", () => {
  const setUp = (entries: number, bytes = 1_000_000) => {
    const clock = { nowMs: 0 };
    const store = shareStore(new MemoryBackend({ now: () => clock.nowMs, bounds: { entries, bytes } }), "");
    return { clock, store: store.of("test"), report: () => store.report() };
  };

  test("what has ended makes room; what has not is never pushed out", async () => {
    const { clock, store, report } = setUp(3);
    const policy = limitPolicy({ kind: "gcra", limit: 1, windowMs: 1_000 });
    await store.take([{ key: "hot", policy }]);
    await store.set("b", "1", { ttlMs: 10 });
    await store.set("c", "1");
    expect(await reasonOf(store.set("d", "1"))).toBe("full");
    expect((await store.take([{ key: "hot", policy }]))[0]?.allowed).toBe(false);
    expect(await reasonOf(store.take([{ key: "cold", policy }]))).toBe("full");
    await store.set("c", "2");
    clock.nowMs = 10;
    await store.set("d", "1");
    expect(await store.getMany(["b", "c", "d"])).toEqual([undefined, "2", "1"]);
    expect(report()).toMatchObject({ entries: 3, failures: { full: 2 }, lastError: { reason: "full" } });
  });

  test("several limits are charged only if all of them have room", async () => {
    const { store, report } = setUp(2);
    const policy = limitPolicy({ kind: "gcra", limit: 1, windowMs: 1_000 });
    await store.set("a", "1");
    const charges = [
      { key: "x", policy },
      { key: "y", policy },
    ];
    expect(await reasonOf(store.take(charges))).toBe("full");
    expect(report().entries).toBe(1);
  });

  test("bytes are bounded too, and given back", async () => {
    const { store, report } = setUp(1_000, 10_000);
    expect(await reasonOf(store.set("a", "x".repeat(5_000)))).toBe("full");
    await store.set("a", "x".repeat(4_000));
    await store.set("a", new Uint8Array(9_000));
    expect(await reasonOf(store.set("b", new Uint8Array(1_000)))).toBe("full");
    await store.delete("a");
    await store.set("b", new Uint8Array(1_000));
    expect(report()).toMatchObject({ entries: 1, bytes: expect.any(Number) });
    expect(report().bytes).toBeLessThan(1_500);
  });

  test("keys that are written and deleted for ever leave nothing behind", async () => {
    const { store, report } = setUp(10);
    for (let i = 0; i < 5_000; i++) {
      await store.set(`k${i}`, "1", { ttlMs: 1_000_000 });
      await store.delete(`k${i}`);
    }
    expect(report()).toMatchObject({ entries: 0, bytes: 0 });
  });

  test("after it was closed every call rejects", async () => {
    const backend = new MemoryBackend({ now: () => 0 });
    await backend.close();
    expect(await reasonOf(backend.get("a"))).toBe("closed");
    expect(backend.report().state).toBe("down");
  });
});
