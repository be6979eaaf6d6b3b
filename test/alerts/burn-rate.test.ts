import { describe, expect, test } from "bun:test";
import { BurnWatch } from "../../src/alerts/burn-rate.ts";
import { slowerThan } from "../../src/alerts/counts.ts";
import type { Finding } from "../../src/alerts/finding.ts";
import type { RuleConfig } from "../../src/config/schema-alerts.ts";
import type { Counts } from "../../src/history/sample.ts";
import { counts, ofService, ruleOf, START, sample } from "./setup.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function watchOf(config: Partial<RuleConfig> & { kind: "errors" | "latency" }) {
  const watch = new BurnWatch(ruleOf(config), START);
  let at = START;
  return {
    /** Minutes of so many requests each; answers what it finds at the end. */
    pass(minutes: number, one: Counts | Readonly<Record<string, Counts>>): readonly Finding[] {
      const routes = "requests" in one ? { shop: one as Counts } : one;
      for (let i = 0; i < minutes; i++) {
        at += MINUTE;
        watch.onSample(sample(at, routes, { users: ofService(10, 10) }));
      }
      return watch.findings(at);
    },
  };
}

describe("the errors of a route", () => {
  test("are critical when they burn 14.4 times as fast over an hour and over five minutes", () => {
    const { pass } = watchOf({ kind: "errors" });
    expect(pass(120, counts(1_000))).toEqual([]);
    // 10 % fail: 100 times as fast, so 14.4 is reached when 8.64 of the 60 minutes are bad.
    expect(pass(8, counts(1_000, 100)).some(({ threshold }) => threshold === 14.4)).toBe(false);
    const [found] = pass(2, counts(1_000, 100));
    expect(found).toMatchObject({ subject: { route: "shop" }, severity: "critical", threshold: 14.4 });
    expect(found?.summary).toBe("shop: 10 % of the requests of the last 5 min failed; 0.1 % may");
    // The hour is still bad, but the last five minutes are not.
    expect(pass(7, counts(1_000)).some(({ threshold }) => threshold === 14.4)).toBe(false);
  });

  test("are critical when they burn 6 times as fast over 6 hours, and a warning when it is a little for days", () => {
    const fast = watchOf({ kind: "errors" });
    fast.pass(6 * 60, counts(1_000));
    expect(fast.pass(6 * 60, counts(1_000, 8))[0]).toMatchObject({ severity: "critical", threshold: 6 });
    const slow = watchOf({ kind: "errors" });
    slow.pass(24 * 60, counts(1_000));
    expect(slow.pass(3 * 24 * 60, counts(1_000, 2))[0]).toMatchObject({ severity: "warning", threshold: 1 });
  });

  test("within the objective are nothing, whatever passes", () => {
    expect(watchOf({ kind: "errors" }).pass(4 * 24 * 60, counts(2_000, 1))).toEqual([]);
  });

  test("mean as much after a start as they would after days", () => {
    const young = watchOf({ kind: "errors" });
    const old = watchOf({ kind: "errors" });
    old.pass(4 * 24 * 60, counts(1_000));
    const minutes = [young, old].map(({ pass }) => {
      for (let minute = 1; ; minute++) {
        if (pass(1, counts(1_000, 100)).some(({ threshold }) => threshold === 14.4)) return minute;
      }
    });
    expect(Math.abs((minutes[0] ?? 0) - (minutes[1] ?? 0))).toBeLessThanOrEqual(2);
  });

  test("are nothing while there are few of them, or few requests", () => {
    expect(watchOf({ kind: "errors", "min-requests": 200, "min-failures": 1 }).pass(10, counts(19, 19))).toEqual([]);
    expect(watchOf({ kind: "errors", "min-requests": 1, "min-failures": 41 }).pass(40, counts(19, 1))).toEqual([]);
    expect(watchOf({ kind: "errors", "min-requests": 1, "min-failures": 40 }).pass(40, counts(19, 1))).toHaveLength(1);
  });

  test("are told of each route, of those that are named, of all requests, or of services", () => {
    const routes = { shop: counts(100, 100), cart: counts(100, 100), good: counts(9_800), "": counts(100, 100) };
    const subjects = (config: Partial<RuleConfig>) =>
      watchOf({ ...config, kind: "errors" })
        .pass(50, routes)
        .map(({ subject }) => subject);
    expect(subjects({})).toEqual([{ route: "shop" }, { route: "cart" }]);
    expect(subjects({ route: "cart" })).toEqual([{ route: "cart" }]);
    expect(subjects({ per: "all" })).toEqual([{}]);
    expect(subjects({ service: ["users", "other"] })).toEqual([{ service: "users" }]);
  });

  test("of a route that is asked no more are forgotten", () => {
    const { pass } = watchOf({
      kind: "errors",
      windows: [{ burn: 2, long: HOUR, short: MINUTE, severity: "warning" }],
    });
    expect(pass(30, counts(100, 50))).toHaveLength(1);
    expect(pass(120, {})).toEqual([]);
    expect(pass(1, counts(100, 1))).toEqual([]);
  });
});

describe("the latency of a route", () => {
  test("is critical when too many requests are slower", () => {
    const { pass } = watchOf({ kind: "latency", "slower-than": 500, objective: 0.99 });
    expect(pass(60, counts(100, 0, 0.4))).toEqual([]);
    const [found] = pass(15, counts(100, 0, 0.8));
    expect(found).toMatchObject({ severity: "critical", threshold: 14.4 });
    expect(found?.summary).toBe("shop: 100 % of the requests of the last 5 min took longer than 500 ms; 1 % may");
  });

  test("is told from the bounds of the buckets, and evenly between them", () => {
    const bounds = [0.1, 0.25, 0.5];
    expect(slowerThan([10, 20, 40, 80], bounds, 0.25)).toBe(120);
    expect(slowerThan([10, 20, 40, 80], bounds, 0.3)).toBeCloseTo(80 + 32);
    expect(slowerThan([10, 20, 40, 80], bounds, 0.05)).toBeCloseTo(5 + 20 + 40 + 80);
    expect(slowerThan([10, 20, 40, 80], bounds, 0.5)).toBe(80);
    // Beyond the last bound nobody knows how slow they are.
    expect(slowerThan([10, 20, 40, 80], bounds, 0.6)).toBe(0);
  });
});
