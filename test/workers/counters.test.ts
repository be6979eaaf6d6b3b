import { expect, test } from "bun:test";
import type { Family } from "../../src/observe/metrics/family.ts";
import { sumFamilies } from "../../src/observe/metrics/sum.ts";
import { WorkerCounters } from "../../src/workers/counters.ts";
import { workerFamilies } from "../../src/workers/metrics.ts";

const requests = (value: number, route = "a"): Family => ({
  type: "counter",
  name: "requests_total",
  help: "R.",
  labels: ["route"],
  series: [{ labels: [route], value }],
});
const inFlight: Family = {
  type: "gauge",
  name: "in_flight",
  help: "I.",
  labels: [],
  series: [{ labels: [], value: 3 }],
};
const duration = (counts: readonly number[]): Family => ({
  type: "histogram",
  name: "duration_seconds",
  help: "D.",
  labels: [],
  bounds: [1],
  series: [{ labels: [], counts, sum: 1 }],
});

test("what a worker had counted outlives it, but not what it was in the middle of", () => {
  const counters = new WorkerCounters();
  counters.note(1, [requests(5), inFlight, duration([1, 2])]);
  counters.note(1, [requests(7), inFlight, duration([2, 2])]);
  counters.note(2, [requests(1)]);
  expect(counters.ended).toEqual([]);
  counters.onEnd(1);
  expect(counters.ended).toEqual([duration([2, 2]), requests(7)]);
  expect(counters.latestOf(1)).toEqual([]);

  // Another process in its place counts from 0, and ends, too.
  counters.note(1, [requests(3), requests(2, "b")]);
  counters.onEnd(1);
  const [, summed] = counters.ended;
  expect(summed?.series).toEqual([
    { labels: ["a"], value: 10 },
    { labels: ["b"], value: 2 },
  ] as never);
  counters.onEnd(1);
  counters.onEnd(9);
  expect(counters.ended[1]).toEqual(summed as Family);
});

test("a worker that does not answer keeps what it has told last", () => {
  const counters = new WorkerCounters();
  counters.note(1, [requests(5), inFlight]);
  expect(counters.latestOf(1)).toEqual([requests(5)]);
  expect(counters.latestOf(2)).toEqual([]);
});

test("however many workers end with other series, they are bounded", () => {
  const counters = new WorkerCounters();
  for (let i = 0; i < 3; i++) {
    const series = Array.from({ length: 9_000 }, (_, n) => ({ labels: [`${i}-${n}`], value: 1 }));
    counters.note(1, [{ ...requests(0), series } as Family]);
    counters.onEnd(1);
  }
  expect(counters.ended[0]?.series.length).toBe(20_000);
});

test("the parent tells which workers serve, and how often they were replaced", () => {
  const since = "2026-01-05T09:30:00.120Z";
  const families = workerFamilies([
    { worker: 1, pid: 7, state: "running", since, restarts: 0 },
    { worker: 2, pid: 8, state: "running", since, restarts: 2, isSilent: true },
    { worker: 3, state: "waiting", since, restarts: 5 },
  ]);
  const values = families.map(({ name, series }) => [name, series.map((one) => ("value" in one ? one.value : 0))]);
  expect(values).toEqual([
    ["sluice_worker_up", [1, 0, 0]],
    ["sluice_worker_restarts_total", [0, 2, 5]],
  ]);
  expect(sumFamilies(families).length).toBe(2);
});

test("a worker that ends while others are waited for is not counted twice", () => {
  const counters = new WorkerCounters();
  const told = (worker: number, value: number | undefined, isAtWork = true) => {
    return {
      worker,
      families: value === undefined ? undefined : [requests(value), inFlight],
      isAtWork: () => isAtWork,
    };
  };
  expect(counters.sum([told(1, 5), told(2, 1)])).toEqual(sumFamilies([requests(6)], [inFlight], [inFlight]));
  // It has told 7, and then ended: what it had counted before is kept, and what came after is lost.
  counters.onEnd(1);
  expect(counters.sum([told(1, 7, false), told(2, 1)])).toEqual(sumFamilies([requests(6)], [inFlight]));
  // Another process has its place already when its answer is looked at.
  counters.note(1, [requests(2)]);
  expect(counters.sum([told(1, 7, false), told(2, undefined)])).toEqual([requests(8)]);
});
