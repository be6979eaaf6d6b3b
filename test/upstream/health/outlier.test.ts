import { describe, expect, test } from "bun:test";
import { watched } from "./support.ts";

describe("failures in a row", () => {
  test("a success between them starts the row anew", () => {
    const t = watched(3, { "consecutive-failures": 3 });
    t.send(0, 2, "failure");
    t.send(0, 1, 5);
    t.send(0, 2, "failure");
    expect(t.out()).toEqual([]);
    t.send(0, 1, "failure");
    expect(t.out()).toEqual([0]);
  });

  test("0: none eject", () => {
    const t = watched(3, { "consecutive-failures": 0 });
    t.send(0, 500, "failure");
    expect(t.out()).toEqual([]);
  });

  test("answers that come while it is out count for nothing, nor do failures before that", () => {
    const t = watched(3, { "consecutive-failures": 3, ejection: "10s" });
    t.send(0, 3, "failure");
    t.send(0, 2, "failure");
    t.advance(10_000);
    t.send(0, 2, "failure");
    expect(t.out()).toEqual([]);
  });

  test("a row that was begun before an ejection of another kind does not go on after it", () => {
    const t = watched(5, { "success-rate": { deviations: 1 } });
    for (const index of [1, 2, 3, 4]) t.send(index, 100, 1);
    t.send(0, 96, 1);
    t.send(0, 4, "failure");
    t.advance(10_000);
    expect(t.out()).toEqual([0]);
    t.advance(30_000);
    t.send(0, 4, "failure");
    expect(t.out()).toEqual([]);
    t.send(0, 1, "failure");
    expect(t.out()).toEqual([0]);
  });

  test("the log has the reason, and how long it is out", () => {
    const t = watched(3, { "consecutive-failures": 3, ejection: "10s" });
    t.send(1, 3, "failure");
    t.advance(10_000);
    expect(t.logs).toEqual([
      {
        level: "warn",
        message: "a target is ejected: it gets no requests for a while",
        fields: { target: 1, reason: "3 failures in a row", ms: 10_000 },
      },
      { level: "info", message: "an ejected target gets requests again", fields: { target: 1 } },
    ]);
    expect(t.targets[1]?.ejections).toBe(1);
  });
});

describe("at most", () => {
  test.each([
    [20, "10%", 2],
    [20, "50%", 10],
    [3, "50%", 1],
    [3, "100%", 2],
    [2, "0%", 1],
    [1, "100%", 0],
  ])("of %p targets with max-ejected %p, %p are out", (count, share, most) => {
    const t = watched(count, { "max-ejected": share });
    for (let index = 0; index < count; index++) t.send(index, 50, "failure");
    expect(t.out()).toHaveLength(most);
  });
});

describe("latency", () => {
  const options = { latency: {} };

  /** One interval in which these targets answer so many requests after so long. */
  function interval(means: readonly number[], requests = 20, more: Readonly<Record<string, unknown>> = {}) {
    const t = watched(means.length, { ...options, ...more });
    for (const [index, ms] of means.entries()) t.send(index, requests, ms);
    t.advance(10_000);
    return t;
  }

  test("a mean of three times the median ejects", () => {
    expect(interval([100, 100, 301]).out()).toEqual([2]);
    expect(interval([100, 100, 300]).out()).toEqual([]);
    expect(interval([100, 100, 301]).logs[0]?.fields.reason).toBe("it is much slower than the others");
  });

  test("of an even number the lower one in the middle is the median: two slow ones of four are found", () => {
    expect(interval([100, 100, 900, 900], 20, { "max-ejected": "50%" }).out()).toEqual([2, 3]);
  });

  test("what is below the least that matters is none", () => {
    expect(interval([1, 1, 100]).out()).toEqual([]);
    expect(interval([1, 1, 101]).out()).toEqual([2]);
  });

  test("with few replies or few targets nothing is compared", () => {
    expect(interval([100, 100, 5_000], 19).out()).toEqual([]);
    expect(interval([100, 5_000]).out()).toEqual([]);
  });

  test("without the key it is not looked at", () => {
    const t = watched(3);
    for (const [index, ms] of [10, 10, 5_000].entries()) t.send(index, 100, ms);
    t.advance(10_000);
    expect(t.out()).toEqual([]);
  });

  test("each interval begins with nothing", () => {
    const t = watched(3, options);
    for (const index of [0, 1, 2]) t.send(index, 20, 10);
    t.advance(10_000);
    t.send(2, 19, 5_000);
    t.send(0, 20, 10);
    t.send(1, 20, 10);
    t.advance(10_000);
    expect(t.out()).toEqual([]);
  });
});

describe("targets that come and go", () => {
  test("those that stay keep their row, and those that go are not told of outcomes any more", () => {
    const t = watched(3);
    t.send(0, 4, "failure");
    t.detector.follow(t.targets.slice(0, 2));
    expect(t.targets[2]?.listener).toBeUndefined();
    t.send(0, 1, "failure");
    expect(t.out()).toEqual([0]);
  });

  test("one that was ejected when it went is admitted by time when it is back", () => {
    const t = watched(3);
    t.send(2, 5, "failure");
    t.detector.follow(t.targets.slice(0, 2));
    t.advance(60_000);
    expect(t.out()).toEqual([2]);
    t.detector.follow(t.targets);
    t.advance(1);
    expect(t.out()).toEqual([]);
  });
});
