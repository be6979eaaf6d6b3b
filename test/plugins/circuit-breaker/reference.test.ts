import { describe, expect, test } from "bun:test";
import { createBreaker, times } from "./support.ts";

/*
 * Sequences that other breakers document for their defaults, with their numbers. Where this one differs on purpose it
 * is said.
 */
const NEVER = 1e9;

describe("resilience4j: 50 % of at least 100 calls, all slow from 60 s on, open 60 s, 10 calls half-open", () => {
  const create = () =>
    createBreaker({
      consecutiveFailures: 0,
      failureRatio: 0.5,
      slowRatio: 1,
      minimumCalls: 100,
      windowMs: 1e6,
      openMs: 60_000,
      probes: 10,
    });

  test("does not open at 99 failures of 99 calls: fewer than the minimum say nothing", () => {
    const { breaker, calls } = create();
    calls(...times(99, "fail"));
    expect(breaker.state).toBe("closed");
  });

  test("opens at the hundredth call, a success even, when half or more have failed", () => {
    const { breaker, calls } = create();
    calls(...times(50, "fail"), ...times(49, "ok"));
    expect(breaker.state).toBe("closed");
    calls("ok");
    expect(breaker.state).toBe("open");
  });

  test("stays closed below the threshold", () => {
    const { breaker, calls } = create();
    calls(...times(49, "fail"), ...times(51, "ok"));
    expect(breaker.state).toBe("closed");
  });

  test("opens when all calls are slow, and not at 99 %", () => {
    const some = create();
    some.calls("ok", ...times(99, "slow"));
    expect(some.breaker.state).toBe("closed");
    const all = create();
    all.calls(...times(100, "slow"));
    expect(all.breaker.reason?.code).toBe("slow-ratio");
  });

  test("rejects all for 60 s, then lets 10 calls pass and rejects the others until these are done", () => {
    const { breaker, calls, clock, finish } = create();
    calls(...times(100, "fail"));
    clock.ms += 59_999;
    expect(breaker.enter()).toBeUndefined();
    clock.ms += 1;
    const probes = Array.from({ length: 10 }, () => breaker.enter());
    expect(breaker.enter()).toBeUndefined();
    for (const probe of probes.slice(0, 9)) finish(probe, "ok");
    expect([breaker.state, breaker.enter()]).toEqual(["half-open", undefined]);
    finish(probes[9], "ok");
    expect(breaker.state).toBe("closed");
  });

  test("ignored exceptions count as neither", () => {
    const { breaker, calls } = create();
    calls(...times(50, "fail"), ...times(500, "nothing"), ...times(49, "ok"));
    expect(breaker.state).toBe("closed");
  });

  test("differs half-open: the first failure opens it, where resilience4j waits for all ten", () => {
    const { breaker, calls, clock } = create();
    calls(...times(100, "fail"));
    clock.ms += 60_000;
    calls("ok", "fail");
    expect(breaker.state).toBe("open");
  });
});

describe("gobreaker: more than 5 failures in a row, open 60 s, 1 request half-open", () => {
  const create = () =>
    createBreaker({ consecutiveFailures: 6, minimumCalls: NEVER, openMs: 60_000, maxOpenMs: 60_000, probes: 1 });

  test("stays closed at 5 failures, opens at the sixth", () => {
    const { breaker, calls } = create();
    calls(...times(5, "fail"), "ok", ...times(5, "fail"));
    expect(breaker.state).toBe("closed");
    calls("fail");
    expect(breaker.state).toBe("open");
  });

  test("half-open, one request passes and a second does not; its failure opens it for the same time", () => {
    const { breaker, calls, clock, finish, states } = create();
    calls(...times(6, "fail"));
    clock.ms += 60_000;
    const probe = breaker.enter();
    expect(breaker.enter()).toBeUndefined();
    finish(probe, "fail");
    clock.ms += 59_999;
    expect(breaker.enter()).toBeUndefined();
    clock.ms += 1;
    calls("ok");
    expect(states()).toEqual(["open", "half-open", "open", "half-open", "closed"]);
  });

  test("ignores the results of requests that were sent before the state changed", () => {
    const { breaker, calls, clock, finish } = create();
    const late = times(6, "fail").map(() => breaker.enter());
    calls(...times(6, "fail"));
    clock.ms += 60_000;
    calls("ok");
    for (const permit of late) finish(permit, "fail");
    expect(breaker.state).toBe("closed");
  });
});

describe("Envoy's outlier detection: 5 failures in a row, ejected 30 s at first and 300 s at most", () => {
  const create = () => createBreaker({ minimumCalls: NEVER, openMs: 30_000, maxOpenMs: 300_000 });

  test("ejects at the fifth failure, and a success begins the count anew", () => {
    const { breaker, calls } = create();
    calls(...times(4, "fail"), "ok", ...times(4, "fail"));
    expect(breaker.state).toBe("closed");
    calls("fail");
    expect(breaker.state).toBe("open");
  });

  test("differs in the time: it doubles (30, 60, 120, 240, 300 s), where Envoy's grows by 30 s; the bound is the same", () => {
    const { calls, clock, changes } = create();
    calls(...times(5, "fail"));
    for (let i = 0; i < 5; i++) {
      clock.ms += 300_000;
      calls("fail");
    }
    const seconds = changes.flatMap(({ openMs }) => (openMs === undefined ? [] : openMs / 1_000));
    expect(seconds).toEqual([30, 60, 120, 240, 300, 300]);
  });
});
