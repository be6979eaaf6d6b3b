import { describe, expect, test } from "bun:test";
import type { Family, Shape } from "../../../src/observe/metrics/family.ts";
import { MetricsRegistry } from "../../../src/observe/metrics/registry.ts";
import { createTestLasting } from "../../../src/testing/lasting.ts";

function setup() {
  const { logs, log } = createTestLasting();
  const registry = new MetricsRegistry(log);
  const family = (name: string) => registry.collect().find((one) => one.name === name);
  return { registry, logs, family };
}

const REQUESTS = { type: "counter", name: "requests_total", help: "Requests.", labels: ["route"] } as const;
const SIZE = { type: "gauge", name: "size", help: "Size.", labels: [] } as const;
const TIME = { type: "histogram", name: "time_seconds", help: "Time.", labels: [], bounds: [1, 2, 4] } as const;

describe("a counter", () => {
  test("adds up, each series by itself", () => {
    const { registry, family } = setup();
    const counter = registry.counter(REQUESTS);
    counter.with("a").inc();
    counter.with("a").inc(2.5);
    counter.with("b").inc();
    expect(family("requests_total")).toEqual({
      ...REQUESTS,
      series: [
        { labels: ["a"], value: 3.5 },
        { labels: ["b"], value: 1 },
      ],
    });
  });

  test.each([-1, 0, Number.NaN, Number.POSITIVE_INFINITY])("does not take %d", (by) => {
    const { registry, family } = setup();
    registry.counter(REQUESTS).with("a").inc(by);
    expect(family("requests_total")?.series).toEqual([{ labels: ["a"], value: 0 }]);
  });
});

describe("a gauge", () => {
  test("is what it was set to, moved by what was added, and what is read for it", () => {
    const { registry, family } = setup();
    const size = registry.gauge(SIZE).with();
    size.set(10);
    size.inc();
    size.dec(4);
    const first = new AbortController();
    let items = 100;
    size.collect(() => items, first.signal);
    size.collect(() => 1_000);
    expect(family("size")?.series).toEqual([{ labels: [], value: 1_107 }]);
    items = 200;
    expect(family("size")?.series).toEqual([{ labels: [], value: 1_207 }]);
    first.abort();
    expect(family("size")?.series).toEqual([{ labels: [], value: 1_007 }]);
    size.collect(() => 5, first.signal);
    expect(family("size")?.series).toEqual([{ labels: [], value: 1_007 }]);
  });

  test("that is no number is left out", () => {
    const { registry, family } = setup();
    registry.gauge(SIZE).with().set(Number.NaN);
    expect(family("size")?.series).toEqual([]);
  });
});

describe("a histogram", () => {
  test("counts a value in the first bucket that is not below it", () => {
    const { registry, family } = setup();
    const time = registry.histogram(TIME).with();
    for (const value of [0, 1, 1.001, 2, 4, 4.001, 100]) time.observe(value);
    expect(family("time_seconds")?.series).toEqual([{ labels: [], counts: [2, 2, 1, 2], sum: 112.002 }]);
  });

  test("counts a negative value as 0, and none that is no number", () => {
    const { registry, family } = setup();
    const time = registry.histogram(TIME).with();
    for (const value of [-5, Number.NaN, Number.POSITIVE_INFINITY]) time.observe(value);
    expect(family("time_seconds")?.series).toEqual([{ labels: [], counts: [1, 0, 0, 0], sum: 0 }]);
  });
});

describe("a registry", () => {
  test("answers the same metric for the same form, with all that it has counted", () => {
    const { registry } = setup();
    const first = registry.counter(REQUESTS).with("a");
    expect(registry.counter({ ...REQUESTS, help: "Other words." }).with("a")).toBe(first);
    expect(registry.gauge(SIZE)).toBe(registry.gauge({ ...SIZE, together: "sum" }));
  });

  test.each<[string, (registry: MetricsRegistry) => unknown, string]>([
    ["other labels", (r) => r.counter({ ...REQUESTS, labels: ["path"] }), "the labels route, and cannot be a counter"],
    ["another type", (r) => r.gauge({ ...SIZE, name: "time_seconds" }), "the bounds 1, 2, 4, and cannot be a gauge"],
    ["other bounds", (r) => r.histogram({ ...TIME, bounds: [1, 2] }), "and the bounds 1, 2 at the same time"],
    ["another sum", (r) => r.gauge({ ...SIZE, together: "max" }), "cannot be a gauge (max) without labels"],
  ])("refuses the same name with %s", (_, ask, message) => {
    const { registry } = setup();
    registry.counter(REQUESTS);
    registry.gauge(SIZE);
    registry.histogram(TIME);
    expect(() => ask(registry)).toThrow(message);
  });

  test.each<[Shape, string]>([
    [{ ...REQUESTS, name: "requests" }, "ends in _total"],
    [{ ...REQUESTS, name: "a_count_total" }, "reserved"],
    [{ ...REQUESTS, name: "Requests_total" }, "snake_case"],
    [{ ...REQUESTS, name: "requests-made_total" }, "snake_case"],
    [{ ...REQUESTS, labels: ["my-label"] }, '"my-label"'],
    [{ ...REQUESTS, labels: ["__name"] }, '"__name"'],
    [{ ...REQUESTS, labels: ["a", "a"] }, "twice"],
    [{ ...SIZE, name: "size_total" }, "reserved"],
    [{ ...SIZE, name: "size_bucket" }, "reserved"],
    [{ ...TIME, labels: ["le"] }, "le"],
    [{ ...TIME, bounds: [] }, "1 to 100 bounds"],
    [{ ...TIME, bounds: [1, 1] }, "do not rise"],
    [{ ...TIME, bounds: [1, Number.POSITIVE_INFINITY] }, "do not rise"],
    [{ ...TIME, bounds: [Number.NaN] }, "do not rise"],
  ])("refuses %j", (shape, message) => {
    const { registry } = setup();
    const ask = () => {
      if (shape.type === "counter") return registry.counter(shape);
      return shape.type === "gauge" ? registry.gauge(shape) : registry.histogram(shape);
    };
    expect(ask).toThrow(message);
    expect(registry.collect()).toEqual([]);
  });

  test("refuses another number of values than of labels", () => {
    const { registry } = setup();
    const counter = registry.counter<readonly string[]>(REQUESTS);
    expect(() => counter.with()).toThrow("expected 1 label values, found 0");
    expect(() => counter.with("a", "b")).toThrow("expected 1 label values, found 2");
  });

  test("tells label values apart, however they are put together", () => {
    const { registry, family } = setup();
    const counter = registry.counter({ ...REQUESTS, labels: ["a", "b"] });
    const pairs = [
      ["x", "y,z"],
      ["x,y", "z"],
      ['x","y', "z"],
      ["", "xyz"],
      ["xyz", ""],
    ] as const;
    for (const [a, b] of pairs) counter.with(a, b).inc();
    expect(family("requests_total")?.series.map(({ labels }) => labels)).toEqual(pairs.map((pair) => [...pair]));
  });

  test("keeps no more of a label's value than is useful, and nothing that UTF-8 cannot hold", () => {
    const { registry, family } = setup();
    registry.counter(REQUESTS).with("x".repeat(10_000)).inc();
    registry.counter(REQUESTS).with("a\ud800").inc();
    expect(family("requests_total")?.series.map(({ labels }) => labels)).toEqual([["x".repeat(200)], ["a\ufffd"]]);
  });

  test("counts what comes beyond the bound together, and says so once", () => {
    const { registry, family, logs } = setup();
    const counter = registry.counter({ ...REQUESTS, labels: ["a", "b"] }, 3);
    for (let i = 0; i < 10; i++) counter.with("x", String(i)).inc();
    counter.with("x", "1").inc();
    expect(family("requests_total")?.series).toEqual([
      { labels: ["x", "0"], value: 1 },
      { labels: ["x", "1"], value: 2 },
      { labels: ["x", "2"], value: 1 },
      { labels: ["_other", "_other"], value: 7 },
    ]);
    expect(logs).toEqual([
      {
        level: "warn",
        message: "a metric has too many series: further ones are counted together",
        fields: { metric: "requests_total", series: 3 },
      },
    ]);
  });

  test("asks collectors, adds what they have to a metric of its own, and sorts by name", () => {
    const { registry, family } = setup();
    registry.gauge(SIZE).with().set(1);
    registry.counter(REQUESTS).with("a").inc();
    const stop = registry.addCollector(() => [
      { ...SIZE, series: [{ labels: [], value: 10 }] },
      { ...SIZE, name: "alpha", series: [{ labels: [], value: 5 }] },
    ]);
    expect(registry.collect().map(({ name }) => name)).toEqual(["alpha", "requests_total", "size"]);
    expect(family("size")?.series).toEqual([{ labels: [], value: 11 }]);
    stop();
    expect(family("size")?.series).toEqual([{ labels: [], value: 1 }]);
    expect(family("alpha")).toBeUndefined();
  });

  test("leaves out what cannot be read, keeps the rest, and logs why", () => {
    const { registry, logs } = setup();
    registry.counter(REQUESTS).with("a").inc();
    registry
      .gauge(SIZE)
      .with()
      .collect(() => {
        throw new Error("a plugin's fault");
      });
    registry.addCollector(() => {
      throw new Error("a collector's fault");
    });
    expect(registry.collect().map(({ name }) => name)).toEqual(["requests_total"]);
    expect(logs.map(({ level, message, fields }) => [level, message, String(fields.error)])).toEqual([
      ["error", "metrics could not be collected", "Error: a plugin's fault"],
      ["error", "metrics could not be collected", "Error: a collector's fault"],
    ]);
  });

  test("tells the same in turns, in which others run", async () => {
    const { registry, logs } = setup();
    registry.counter(REQUESTS).with("a").inc();
    registry.histogram(TIME).with().observe(3);
    registry.addCollector(() => [{ ...SIZE, series: [{ labels: [], value: 10 }] }]);
    registry.addCollector(() => {
      throw new Error("a collector's fault");
    });
    const expected = registry.collect();
    for (let i = 0; i < 5; i++) {
      registry.addCollector(() => {
        Bun.sleepSync(3);
        return [];
      });
    }
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    expect(await registry.collectInTurns()).toEqual(expected);
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(5);
    expect(logs.length).toBe(2);
  });

  test("answers with what JSON can hold", () => {
    const { registry } = setup();
    registry.counter(REQUESTS).with("a").inc();
    registry.gauge(SIZE).with().set(Number.POSITIVE_INFINITY);
    registry.histogram(TIME).with().observe(3);
    const families = registry.collect();
    expect(JSON.parse(JSON.stringify(families)) as readonly Family[]).toEqual(families as Family[]);
  });
});
