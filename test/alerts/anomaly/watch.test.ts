import { describe, expect, test } from "bun:test";
import { AnomalyWatch } from "../../../src/alerts/anomaly/watch.ts";
import type { RuleConfig } from "../../../src/config/schema-alerts.ts";
import type { Counts } from "../../../src/history/sample.ts";
import { counts, ruleOf, START, sample } from "../setup.ts";
import { randomOf } from "../study/random.ts";

const MINUTE = 60_000;
const DAY = 1_440;

interface Shape {
  readonly rate?: number;
  readonly failing?: number;
  readonly seconds?: number;
}

/** A watch that has seen days of about 1,000 requests a minute, of which 0.2 % fail. */
function learned(days = 3, config: Partial<RuleConfig> = {}, learnt?: AnomalyWatch["learnt"]) {
  const { poisson } = randomOf(5);
  const watch = new AnomalyWatch(ruleOf({ season: "day", ...config, kind: "anomaly" }), learnt);
  let minute = 0;
  const pass = (minutes: number, { rate = 1_000, failing = 0.002, seconds = 0.02 }: Shape = {}) => {
    for (let i = 0; i < minutes; i++, minute++) {
      const requests = poisson(rate);
      const one = counts(requests, poisson(requests * failing), seconds);
      // Another route keeps the samples coming.
      const routes: Record<string, Counts> = requests === 0 ? {} : { shop: one };
      watch.onSample({ ...sample(START + (minute + 1) * MINUTE - 1, routes), seconds: 60 });
    }
    return watch.findings().map(({ subject, summary }) => `${subject.signal} ${summary}`);
  };
  pass(days * DAY);
  const leap = (minutes: number) => {
    minute += minutes;
  };
  return { watch, pass, leap };
}

describe("what is unusual", () => {
  test("is told within minutes, and no more soon after it is over", () => {
    const { pass } = learned();
    expect(pass(60)).toEqual([]);
    expect(pass(5, { failing: 0.1 })[0]).toMatch(/^errors shop: \d+ % of the requests fail; usual are 0\.\d+ %$/);
    expect(pass(6)).toEqual([]);
    expect(pass(6, { rate: 0 })[0]).toMatch(/^rate shop: 0\.17 requests a minute; usual are 9\d\d|10\d\d$/);
    expect(pass(6)).toEqual([]);
    expect(pass(6, { rate: 5_000 })[0]).toStartWith("rate shop: ");
    expect(pass(6)).toEqual([]);
    expect(pass(6, { seconds: 0.2 })[0]).toMatch(/^latency shop: 90 % are answered within 2\d\d ms; usual are 2\d ms$/);
    expect(pass(6)).toEqual([]);
  });

  test("is not a spike of two minutes", () => {
    const { pass } = learned();
    for (const shape of [{ failing: 0.5 }, { rate: 9_000 }, { seconds: 4 }]) {
      expect(pass(1, shape)).toEqual([]);
      expect(pass(1, shape)).toEqual([]);
      for (let i = 0; i < 20; i++) expect(pass(1)).toEqual([]);
    }
  });

  test("is nothing before two seasons", () => {
    const { pass, watch } = learned(1.9);
    expect(watch.progress).toEqual({ learning: 1, learned: 0 });
    expect(pass(20, { rate: 0 })).toEqual([]);
    const later = learned(2.1);
    expect(later.watch.progress).toEqual({ learning: 0, learned: 1 });
    expect(later.pass(20, { rate: 0 })).not.toEqual([]);
  });

  test("is what is asked for, of the routes that are named", () => {
    const { pass } = learned(3, { of: "latency" });
    expect(pass(10, { rate: 0 })).toEqual([]);
    expect(learned(3, { route: "cart" }).pass(10, { rate: 0 })).toEqual([]);
  });

  test("is nothing if the change is smaller than the one that matters", () => {
    const { pass } = learned(3, { change: 0.9 });
    expect(pass(20, { rate: 300 })).toEqual([]);
    expect(learned(3, { change: 0.5 }).pass(20, { rate: 300 })).toHaveLength(1);
  });

  test("is the usual after a day", () => {
    const { pass } = learned();
    expect(pass(23 * 60, { rate: 3_000 })).toHaveLength(1);
    expect(pass(2 * 60, { rate: 3_000 })).toEqual([]);
    expect(pass(10, { rate: 1_000 })).toHaveLength(1);
  });
});

test("time of which nothing is known is no time without requests", () => {
  const { pass, leap } = learned();
  leap(60);
  expect(pass(30)).toEqual([]);
  expect(pass(6, { rate: 5_000 })).toHaveLength(1);
  leap(60);
  expect(pass(1, { rate: 5_000 })).toEqual([]);
});

test("what was learned is there after a restart, also of routes that come later", () => {
  const { watch } = learned();
  const learnt = JSON.parse(JSON.stringify(watch.learnt));
  const again = new AnomalyWatch(ruleOf({ kind: "anomaly", season: "day" }), learnt);
  expect(again.learnt).toEqual(learnt);
  const at = START + 3 * DAY * MINUTE;
  for (let minute = 0; minute < 10; minute++) {
    again.onSample({ ...sample(at + (minute + 1) * MINUTE - 1, { shop: counts(1_000, 200) }), seconds: 60 });
  }
  expect(again.findings().map(({ subject }) => subject.signal)).toEqual(["errors"]);
});
