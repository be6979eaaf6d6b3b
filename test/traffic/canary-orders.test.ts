import { describe, expect, test } from "bun:test";
import type { CanaryConfig } from "../../src/config/schema-traffic.ts";
import { createTestLasting } from "../../src/testing/lasting.ts";
import { Canary } from "../../src/traffic/canary.ts";
import { agreed, type CanaryOrder, type CanaryRecord, readRecord } from "../../src/traffic/canary-record.ts";
import { CanaryWatch } from "../../src/traffic/canary-watch.ts";

const MINUTE = 60_000;
const CONFIG: CanaryConfig = {
  service: "next",
  steps: [0.05, 0.25, 0.5],
  every: 10 * MINUTE,
  window: MINUTE,
  "min-requests": 10,
  "max-extra-errors": 0.01,
  "max-latency-ratio": 1.5,
};

/** A canary over a clock that a test moves, and whoever orders about it. */
function start(minutes = 0) {
  const clock = { now: 1_000_000 };
  const canary = new Canary(CONFIG, () => clock.now);
  const pass = (more: number) => {
    clock.now += more * MINUTE;
    canary.tick();
  };
  pass(minutes);
  const order = (state: CanaryOrder["state"], elapsedMs = canary.view().elapsedMs) => {
    canary.obey({ number: canary.view().order + 1, at: clock.now, state, elapsedMs });
  };
  const fail = () => {
    for (let i = 0; i < 50; i++) {
      canary.add(true, true, undefined);
      canary.add(false, false, 5);
    }
  };
  return { canary, clock, pass, order, fail };
}

describe("a canary that is paused", () => {
  test("stays on its step, and goes on where it was", () => {
    const { canary, pass, order } = start(14);
    order("paused");
    pass(60);
    const paused = canary.report();
    expect(paused).toMatchObject({ state: "paused", share: 0.25, step: 2, since: "1970-01-01T00:30:40.000Z" });
    expect(paused).not.toHaveProperty("nextAt");
    order("running");
    expect(canary.report()).toMatchObject({ state: "running", share: 0.25, nextAt: "1970-01-01T01:36:40.000Z" });
    pass(5);
    expect(canary.share).toBe(0.25);
    pass(1);
    expect(canary.report()).toMatchObject({ state: "done", share: 0.5, since: "1970-01-01T01:36:40.000Z" });
  });

  test("is stopped all the same when it is worse", () => {
    const { canary, pass, order, fail } = start();
    order("paused");
    fail();
    pass(0);
    expect(canary.report()).toMatchObject({ state: "stopped", share: 0, step: 1 });
  });
});

describe("a canary that is promoted", () => {
  test("gets everything at once, beyond its last step", () => {
    const { canary, pass, order } = start();
    order("promoted");
    expect(canary.report()).toMatchObject({ state: "promoted", share: 1, step: 3, steps: 3 });
    pass(600);
    expect(canary.report()).toMatchObject({ state: "promoted", share: 1 });
  });

  test("is stopped all the same when it is worse", () => {
    const { canary, pass, order, fail } = start();
    order("promoted");
    fail();
    pass(0);
    expect(canary.report()).toMatchObject({ state: "stopped", share: 0 });
  });
});

describe("a canary that is stopped by hand", () => {
  test("gets nothing from that moment on, and is told of with its step", () => {
    const { canary, pass, order } = start(14);
    order("stopped");
    pass(600);
    expect(canary.report()).toMatchObject({ state: "stopped", share: 0, step: 2, reason: "stopped by hand" });
  });

  test("goes on when it is told to, and is compared anew", () => {
    const { canary, pass, order, fail } = start(14);
    fail();
    pass(0);
    expect(canary.report().state).toBe("stopped");
    order("running", canary.view().stepMs);
    expect(canary.view()).toMatchObject({ state: "running", share: 0.25, counts: { new: { requests: 0 } } });
    pass(1);
    expect(canary.report().state).toBe("running");
    fail();
    pass(0);
    expect(canary.report().state).toBe("stopped");
  });
});

describe("an order", () => {
  const order = (number: number, at: number, state: CanaryOrder["state"]): CanaryOrder => {
    return { number, at, state, elapsedMs: 0 };
  };

  test("that is older than what is known counts for nothing", () => {
    const { canary, clock } = start();
    canary.obey(order(2, clock.now, "paused"));
    canary.obey(order(1, clock.now + 5, "stopped"));
    canary.obey(order(2, clock.now - 5, "stopped"));
    expect(canary.report().state).toBe("paused");
  });

  test("holds over all that was found out before it, and not over what was found out since", () => {
    const stopped: CanaryRecord = { startedAt: 2, stoppedAt: 5, reason: "worse" };
    const resumed: CanaryRecord = { startedAt: 3, order: order(1, 9, "running") };
    expect(agreed(stopped, resumed)).toEqual({ ...resumed, startedAt: 2 });
    expect(agreed({ ...resumed, stoppedAt: 12, reason: "again" }, resumed)).toMatchObject({ stoppedAt: 12 });
  });

  test("is agreed on in whatever order gateways hear of it", () => {
    const records: CanaryRecord[] = [
      { startedAt: 5, stoppedAt: 6, reason: "a" },
      { startedAt: 3, order: order(1, 9, "paused") },
      { startedAt: 4, order: order(2, 8, "running") },
      { startedAt: 4, order: order(2, 8, "running"), stoppedAt: 11, reason: "b" },
      { startedAt: 4, order: order(2, 8, "promoted") },
    ];
    const results = records.map((first) => records.toReversed().reduce(agreed, first));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]).toEqual({ startedAt: 3, order: order(2, 8, "running"), stoppedAt: 11, reason: "b" });
  });

  test.each(["{}", '{"number":1}', '{"number":"1","at":1,"state":"paused","elapsedMs":1}', "7", "null", "[]"])(
    "that nobody has given is passed over: %s",
    (text) => {
      expect(readRecord(`{"startedAt":1,"order":${text}}`)).toEqual({ startedAt: 1 });
    },
  );

  test("reaches gateways that share a store, and those that come later", async () => {
    const { store, now, log, logs } = createTestLasting();
    const join = () => {
      const canary = new Canary(CONFIG, now);
      const place = { route: "orders", service: "next", key: "orders:1" };
      return { canary, watch: new CanaryWatch(canary, place, store.of("canary"), log) };
    };
    const [first, second] = [join(), join()];
    for (const { watch } of [first, second]) await watch.look();
    first.canary.obey(order(1, now(), "promoted"));
    for (const { watch } of [first, second]) await watch.look();
    expect(second.canary.report()).toMatchObject({ state: "promoted", share: 1 });
    expect(logs.filter(({ message }) => message.startsWith("a canary goes by"))).toHaveLength(1);
    const third = join();
    await third.watch.look();
    expect(third.canary.share).toBe(1);
  });
});
