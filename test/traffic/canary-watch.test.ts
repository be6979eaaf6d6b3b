import { describe, expect, test } from "bun:test";
import type { CanaryConfig } from "../../src/config/schema-traffic.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { Canary } from "../../src/traffic/canary.ts";
import { CanaryWatch } from "../../src/traffic/canary-watch.ts";

const CONFIG: CanaryConfig = {
  service: "next",
  steps: [0.1, 1],
  every: 60_000,
  window: 60_000,
  "min-requests": 5,
  "max-extra-errors": 0.01,
  "max-latency-ratio": 1.5,
};

/** Gateways with one store and one clock; `join` starts another. */
function gateways() {
  const lasting = createTestLasting();
  const join = () => {
    const canary = new Canary(CONFIG, lasting.now);
    const place = { route: "orders", service: "next", key: "orders:1" };
    return { canary, watch: new CanaryWatch(canary, place, lasting.store.of("canary"), lasting.log) };
  };
  return { ...lasting, join, store: lasting.store.of("canary") };
}

function fail(canary: Canary): void {
  for (let i = 0; i < 20; i++) canary.add(true, true, undefined);
}

describe("gateways that share a store", () => {
  test("begin together: one that comes later is on the step of the others", async () => {
    const { clock, join } = gateways();
    const first = join();
    await first.watch.look();
    clock.advance(60_000);
    const second = join();
    expect(second.canary.share).toBe(0.1);
    await second.watch.look();
    expect(second.canary.share).toBe(1);
  });

  test("stop together, and say so", async () => {
    const { join, logs } = gateways();
    const [first, second] = [join(), join()];
    fail(first.canary);
    await first.watch.look();
    expect([first.canary.share, second.canary.share]).toEqual([0, 0.1]);
    await second.watch.look();
    expect(second.canary.report()).toMatchObject({
      state: "stopped",
      share: 0,
      reason: expect.stringMatching(/failed/),
    });
    expect(logs.filter(({ message }) => message === "a canary was stopped")).toHaveLength(2);
  });

  test("that did not hear of each other agree in the end", async () => {
    const { clock, join } = gateways();
    const [first, second] = [join(), join()];
    fail(first.canary);
    fail(second.canary);
    await Promise.all([first.watch.look(), second.watch.look()]);
    clock.advance(1_000);
    for (let turn = 0; turn < 2; turn++) await Promise.all([first.watch.look(), second.watch.look()]);
    expect(first.canary.report()).toEqual(second.canary.report());
  });

  test("take no notice of what none of them has written", async () => {
    for (const text of ["", "{", "null", "[]", '{"startedAt":"x"}']) {
      const { join, store } = gateways();
      await store.set("orders:1", text);
      const { canary, watch } = join();
      await watch.look();
      expect(canary.share).toBe(0.1);
      // It is replaced.
      expect(JSON.parse((await store.get("orders:1")) ?? "")).toEqual(canary.record);
    }
  });

  test("forget a run that nobody takes part in for an hour", async () => {
    const { clock, join, store } = gateways();
    await join().watch.look();
    clock.advance(3_600_001);
    expect(await store.get("orders:1")).toBeUndefined();
  });
});

test("a step that begins is logged", async () => {
  const { clock, join, logs } = gateways();
  const { watch } = join();
  await watch.look();
  clock.advance(60_000);
  await watch.look();
  expect(logs.find(({ message }) => message === "a canary gets more requests")?.fields).toMatchObject({ share: 1 });
});
