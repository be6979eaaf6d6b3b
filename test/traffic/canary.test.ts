import { describe, expect, test } from "bun:test";
import type { CanaryConfig } from "../../src/config/schema-traffic.ts";
import { Canary } from "../../src/traffic/canary.ts";
import { agreed } from "../../src/traffic/canary-record.ts";

const MINUTE = 60_000;
const CONFIG: CanaryConfig = {
  service: "next",
  steps: [0.05, 0.25, 1],
  every: 10 * MINUTE,
  window: MINUTE,
  "min-requests": 50,
  "max-extra-errors": 0.01,
  "max-latency-ratio": 1.5,
};

/** Whether the nth request is one of those that fail, evenly over all. */
function isFailure(n: number, share: number): boolean {
  return Math.floor((n + 1) * share + 1e-9) > Math.floor(n * share + 1e-9);
}

/** A canary over a clock that a test moves. */
function start(config: Partial<CanaryConfig> = {}) {
  const clock = { now: 1_000_000 };
  let n = 0;
  const canary = new Canary({ ...CONFIG, ...config }, () => clock.now);
  /** So many requests to each version, evenly over a time, with a look each second. */
  const run = (seconds: number, perSecond: number, next: { failures?: number; ms?: number } = {}) => {
    let reason: string | undefined;
    for (let second = 0; second < seconds; second++) {
      for (let i = 0; i < perSecond; i++, n++) {
        canary.add(false, n % 1_000 === 999, 10 + (n % 7));
        canary.add(true, isFailure(n, next.failures ?? 0), (next.ms ?? 10) + (n % 7));
      }
      clock.now += 1_000;
      reason ??= canary.tick();
    }
    return reason;
  };
  return { canary, clock, run };
}

describe("the share", () => {
  test("grows by the clock, step by step, and stays at the last", () => {
    const { canary, clock } = start();
    const shares = Array.from({ length: 5 }, () => {
      const { share } = canary;
      clock.now += 10 * MINUTE;
      expect(canary.tick()).toBeUndefined();
      return share;
    });
    expect(shares).toEqual([0.05, 0.25, 1, 1, 1]);
    expect(canary.report()).toMatchObject({ state: "done", share: 1, step: 3, steps: 3 });
  });

  test("does not grow a millisecond early", () => {
    const { canary, clock } = start();
    clock.now += 10 * MINUTE - 1;
    canary.tick();
    expect(canary.report()).toMatchObject({
      state: "running",
      share: 0.05,
      step: 1,
      nextAt: "1970-01-01T00:26:40.000Z",
    });
    clock.now += 1;
    canary.tick();
    expect(canary.share).toBe(0.25);
  });
});

describe("a canary is stopped", () => {
  test("when more of its requests fail", () => {
    const { canary, run } = start();
    expect(run(60, 5, { failures: 0.1 })).toMatch(
      /^1\d\.\d % of its requests failed, 0\.\d % of the others$|^[89]\.\d % /,
    );
    expect(canary.share).toBe(0);
    expect(canary.report()).toMatchObject({ state: "stopped", share: 0 });
  });

  test("when it is slower", () => {
    const { canary, run } = start();
    expect(run(60, 5, { ms: 25 })).toMatch(/^it took 2\.\d times as long as the other$/);
    expect(canary.share).toBe(0);
  });

  test("once: it stays stopped, whatever the clock says", () => {
    const { canary, clock, run } = start();
    expect(run(60, 5, { failures: 1 })).toBeDefined();
    const { stoppedAt } = canary.report();
    expect(run(60, 5, { failures: 1 })).toBeUndefined();
    clock.now += 60 * MINUTE;
    canary.tick();
    expect([canary.share, canary.report().stoppedAt]).toEqual([0, stoppedAt]);
  });

  test("and is told of with the step on which it was, also by a gateway that hears of it late", () => {
    const { canary, clock, run } = start();
    clock.now += 10 * MINUTE;
    expect(run(60, 5, { failures: 1 })).toBeDefined();
    clock.now += 60 * MINUTE;
    canary.tick();
    expect(canary.report()).toMatchObject({ state: "stopped", step: 2, steps: 3 });
    const other = start().canary;
    other.adopt(canary.record);
    expect(other.report()).toMatchObject({ state: "stopped", step: 2 });
  });

  test("late in a long step, when it has become worse just now", () => {
    const { run } = start();
    expect(run(400, 20)).toBeUndefined();
    expect(run(60, 20, { failures: 0.05 })).toBeDefined();
  });

  test("where requests are so few that a window never has enough", () => {
    const { run } = start({ every: 60 * MINUTE });
    // One in two seconds: 30 in a window.
    let reason: string | undefined;
    for (let i = 0; i < 100 && reason === undefined; i++) {
      reason = run(1, 1, { failures: 1 }) ?? run(1, 0);
    }
    expect(reason).toBeDefined();
  });

  test("on the last step, where the old version gets no request: it is compared with what was known of it", () => {
    const { canary, clock, run } = start();
    expect(run(60, 20)).toBeUndefined();
    clock.now = 1_000_000 + 20 * MINUTE;
    let reason: string | undefined;
    for (let second = 0; second < 60 && reason === undefined; second++) {
      for (let i = 0; i < 20; i++) canary.add(true, false, 30);
      clock.now += 1_000;
      reason = canary.tick();
    }
    expect(reason).toMatch(/^it took 2\.\d times/);
  });
});

describe("a canary goes on", () => {
  test("when it is as good as the other, for hours", () => {
    const { run } = start({ steps: [0.5], every: 24 * 60 * MINUTE });
    expect(run(7_200, 5)).toBeUndefined();
  });

  test("when it is a little slower, or fails a little more", () => {
    expect(start().run(120, 20, { ms: 14 })).toBeUndefined();
    expect(start().run(120, 20, { failures: 0.005 })).toBeUndefined();
  });

  test("before it has had enough requests", () => {
    const { canary, run } = start();
    expect(run(9, 5, { failures: 1 })).toBeUndefined();
    expect(canary.share).toBe(0.05);
  });

  test("when both fail alike", () => {
    const { canary, clock } = start();
    for (let i = 0; i < 1_000; i++) {
      canary.add(false, true, undefined);
      canary.add(true, true, undefined);
      clock.now += 100;
      expect(canary.tick()).toBeUndefined();
    }
  });
});

describe("what gateways agree on", () => {
  test("the earlier beginning, and the first stop", () => {
    expect(agreed({ startedAt: 5 }, { startedAt: 3 })).toEqual({ startedAt: 3 });
    const stopped = { startedAt: 5, stoppedAt: 9, reason: "b" };
    expect(agreed({ startedAt: 3 }, stopped)).toEqual({ startedAt: 3, stoppedAt: 9, reason: "b" });
    expect(agreed({ startedAt: 3, stoppedAt: 8, reason: "a" }, stopped)).toMatchObject({ stoppedAt: 8, reason: "a" });
  });

  test("is the same in whatever order they hear of it", () => {
    const records = [
      { startedAt: 5 },
      { startedAt: 3, stoppedAt: 8, reason: "a" },
      { startedAt: 4, stoppedAt: 7, reason: "c" },
    ];
    const results = records.map((first) => records.reduce(agreed, first));
    expect(results).toEqual(Array(3).fill({ startedAt: 3, stoppedAt: 7, reason: "c" }));
  });

  test("is adopted: a canary that another gateway has stopped has no share", () => {
    const { canary } = start();
    canary.adopt({ startedAt: 0, stoppedAt: 5, reason: "elsewhere" });
    expect(canary.report()).toMatchObject({ state: "stopped", share: 0, reason: "elsewhere" });
  });
});
