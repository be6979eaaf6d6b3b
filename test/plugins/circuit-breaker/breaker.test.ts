import { describe, expect, test } from "bun:test";
import { createBreaker, times } from "./support.ts";

describe("a closed breaker", () => {
  test("opens after failures in a row, and a success between them begins anew", () => {
    const { breaker, calls, changes } = createBreaker();
    calls(...times(4, "fail"), "ok", ...times(4, "fail"));
    expect(breaker.state).toBe("closed");
    calls("fail");
    expect(breaker.state).toBe("open");
    expect(changes).toMatchObject([
      { from: "closed", to: "open", openMs: 10_000, reason: { code: "consecutive-failures" } },
    ]);
    expect(breaker.reason?.text).toBe("5 failures in a row, the last: 503");
  });

  test("takes no ratio of fewer calls than the minimum", () => {
    const { breaker, calls } = createBreaker({ consecutiveFailures: 0 });
    calls(...times(19, "fail"));
    expect(breaker.state).toBe("closed");
    calls("ok");
    expect(breaker.reason?.text).toBe("19 of 20 calls have failed");
  });

  test("opens when the share of failures is reached, not before", () => {
    const { breaker, calls } = createBreaker({ consecutiveFailures: 0 });
    calls(...times(11, "ok"), ...times(10, "fail"));
    expect(breaker.state).toBe("closed");
    calls("fail");
    expect(breaker.reason).toMatchObject({ code: "failure-ratio" });
  });

  test("opens when the share of slow calls is reached", () => {
    const { breaker, calls } = createBreaker({ slowRatio: 0.8 });
    calls(...times(4, "ok"), ...times(15, "slow"));
    expect(breaker.state).toBe("closed");
    calls("slow");
    expect(breaker.reason).toEqual({ code: "slow-ratio", text: "16 of 20 calls were slow" });
  });

  test("forgets what is older than the window", () => {
    const { breaker, calls, clock } = createBreaker({ consecutiveFailures: 0 });
    calls(...times(15, "fail"));
    clock.ms += 11_000;
    calls(...times(15, "ok"), ...times(10, "fail"));
    expect(breaker.state).toBe("closed");
  });

  test("does not count what shows nothing of the target", () => {
    const { breaker, calls } = createBreaker();
    calls(...times(4, "fail"), ...times(30, "nothing"));
    expect(breaker.state).toBe("closed");
    calls("fail");
    expect(breaker.state).toBe("open");
  });

  test("reads its limits at each call, so that a reload changes them", () => {
    const { breaker, calls, parts } = createBreaker();
    calls("fail", "fail");
    parts.settings = { ...parts.settings, consecutiveFailures: 3 };
    calls("fail");
    expect(breaker.state).toBe("open");
  });

  test("begins a new window when a reload changes its length, and keeps the failures in a row", () => {
    const { breaker, calls, parts } = createBreaker({ minimumCalls: 4, failureRatio: 1, consecutiveFailures: 5 });
    calls("fail", "fail", "fail");
    parts.settings = { ...parts.settings, windowMs: 60_000 };
    calls("fail");
    expect(breaker.state).toBe("closed");
    calls("fail");
    expect(breaker.reason).toMatchObject({ code: "consecutive-failures" });
  });
});

describe("an open breaker", () => {
  test("lets nobody pass until its time is over, then as many as there are probes", () => {
    const { breaker, calls, clock } = createBreaker({ probes: 2 });
    calls(...times(5, "fail"));
    clock.ms += 9_999;
    expect(breaker.mayEnter()).toBe(false);
    expect(breaker.enter()).toBeUndefined();
    clock.ms += 1;
    expect(breaker.mayEnter()).toBe(true);
    expect(breaker.state).toBe("open");
    expect(breaker.enter()).toBeDefined();
    expect(breaker.state).toBe("half-open");
    expect(breaker.enter()).toBeDefined();
    expect(breaker.mayEnter()).toBe(false);
    expect(breaker.enter()).toBeUndefined();
  });

  test("does not wait for a clock that was set back", () => {
    const { breaker, calls, clock } = createBreaker();
    calls(...times(5, "fail"));
    clock.ms -= 3_600_000;
    expect(breaker.enter()).toBeDefined();
  });

  test("is open twice as long each time, up to the most", () => {
    const { calls, clock, changes } = createBreaker({ maxOpenMs: 60_000 });
    calls(...times(5, "fail"));
    for (let i = 0; i < 4; i++) {
      clock.ms += 60_000;
      calls("fail");
    }
    expect(changes.flatMap(({ openMs }) => openMs ?? [])).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  test("begins anew only when it was well for as long as it was open", () => {
    const { calls, clock, changes } = createBreaker();
    calls(...times(5, "fail"));
    clock.ms += 10_000;
    calls("ok");
    clock.ms += 9_999;
    calls(...times(5, "fail"));
    clock.ms += 20_000;
    calls("ok");
    clock.ms += 20_000;
    calls(...times(5, "fail"));
    expect(changes.flatMap(({ openMs }) => openMs ?? [])).toEqual([10_000, 20_000, 10_000]);
  });
});

describe("a half-open breaker", () => {
  function halfOpen(probes = 1) {
    const made = createBreaker({ probes });
    made.calls(...times(5, "fail"));
    made.clock.ms += 10_000;
    return made;
  }

  test("closes when all probes have succeeded, with nothing counted yet", () => {
    const { breaker, calls, states } = halfOpen(3);
    calls("ok", "ok");
    expect(breaker.state).toBe("half-open");
    calls("ok", ...times(4, "fail"));
    expect(states()).toEqual(["open", "half-open", "closed"]);
  });

  test.each(["fail", "slow"] as const)("is open again after a probe that goes: %s", (went) => {
    const { breaker, calls } = halfOpen(3);
    calls("ok", "ok", went);
    expect(breaker.state).toBe("open");
    expect(breaker.reason?.code).toBe("probe");
  });

  test("gives the place of a probe that showed nothing to another", () => {
    const { breaker, calls } = halfOpen();
    calls("nothing", "nothing");
    expect(breaker.state).toBe("half-open");
    calls("ok");
    expect(breaker.state).toBe("closed");
  });

  test("gives the place of a probe that is silent to another, and never hears it again", () => {
    const { breaker, clock, finish, states } = halfOpen();
    const silent = breaker.enter();
    clock.ms += 9_999;
    expect(breaker.enter()).toBeUndefined();
    clock.ms += 1;
    expect(breaker.mayEnter()).toBe(true);
    const next = breaker.enter();
    expect(next).toBeDefined();
    finish(silent, "fail");
    expect(breaker.state).toBe("half-open");
    finish(next, "ok");
    expect(states()).toEqual(["open", "half-open", "closed"]);
  });
});

describe("late answers", () => {
  test("from before it opened count for nothing while it is half-open or closed again", () => {
    const { breaker, calls, clock, finish } = createBreaker();
    const late = Array.from({ length: 10 }, () => breaker.enter());
    calls(...times(5, "fail"));
    clock.ms += 10_000;
    const probe = breaker.enter();
    finish(late[0], "ok");
    finish(late[1], "fail");
    expect(breaker.state).toBe("half-open");
    finish(probe, "ok");
    for (const permit of late.slice(2)) finish(permit, "fail");
    expect(breaker.state).toBe("closed");
  });

  test("of a probe count for nothing when another has failed", () => {
    const { breaker, calls, clock, finish, states } = createBreaker({ probes: 2 });
    calls(...times(5, "fail"));
    clock.ms += 10_000;
    const [one, other] = [breaker.enter(), breaker.enter()];
    finish(one, "fail");
    finish(other, "fail");
    expect(states()).toEqual(["open", "half-open", "open"]);
    clock.ms += 20_000;
    expect(breaker.mayEnter()).toBe(true);
  });
});

describe("an operator", () => {
  test("holds it open whatever the time, until it is reset", () => {
    const { breaker, clock, calls } = createBreaker();
    breaker.force("open");
    clock.ms += 1e12;
    expect([breaker.enter(), breaker.isForced, breaker.opensUntil]).toEqual([
      undefined,
      true,
      Number.POSITIVE_INFINITY,
    ]);
    clock.ms -= 2e12;
    expect(breaker.mayEnter()).toBe(false);
    breaker.reset();
    calls("ok");
    expect([breaker.state, breaker.isForced, breaker.reason?.text]).toEqual(["closed", false, "reset by an operator"]);
  });

  test("resets how long it is open, too", () => {
    const { breaker, calls, changes } = createBreaker();
    calls(...times(5, "fail"));
    breaker.reset();
    calls(...times(5, "fail"));
    expect(changes.flatMap(({ openMs }) => openMs ?? [])).toEqual([10_000, 10_000]);
  });

  test("holds it closed whatever fails, until it is reset", () => {
    const { breaker, calls } = createBreaker();
    calls(...times(5, "fail"));
    breaker.force("closed");
    calls(...times(50, "fail"));
    expect([breaker.state, breaker.isForced]).toEqual(["closed", true]);
    breaker.reset();
    calls(...times(5, "fail"));
    expect(breaker.state).toBe("open");
  });
});
