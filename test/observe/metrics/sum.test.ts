import { expect, test } from "bun:test";
import type { Family } from "../../../src/observe/metrics/family.ts";
import { sumFamilies } from "../../../src/observe/metrics/sum.ts";

const counter = (...series: readonly (readonly [label: string, value: number])[]): Family => ({
  type: "counter",
  name: "c_total",
  help: "C.",
  labels: ["a"],
  series: series.map(([label, value]) => ({ labels: [label], value })),
});
const gauge = (value: number, together?: "sum" | "max" | "min"): Family => ({
  type: "gauge",
  name: "g",
  help: "G.",
  labels: [],
  ...(together === undefined ? {} : { together }),
  series: [{ labels: [], value }],
});
const histogram = (counts: readonly number[], sum: number, bounds: readonly number[] = [1, 2]): Family => ({
  type: "histogram",
  name: "h",
  help: "H.",
  labels: [],
  bounds,
  series: [{ labels: [], counts, sum }],
});

test("counters are added series by series", () => {
  const [sum] = sumFamilies([counter(["x", 1], ["y", 2])], [], [counter(["y", 3], ["z", 4])], [counter(["y", 10])]);
  expect(sum).toEqual(counter(["x", 1], ["y", 15], ["z", 4]));
});

test("histograms are added bucket by bucket", () => {
  expect(sumFamilies([histogram([1, 0, 2], 7)], [histogram([1, 5, 1], 9)])).toEqual([histogram([2, 5, 3], 16)]);
});

test.each([
  [undefined, 9],
  ["sum", 9],
  ["max", 6],
  ["min", 1],
] as const)("gauges whose together is %p", (together, expected) => {
  const sum = sumFamilies([gauge(2, together)], [gauge(6, together)], [gauge(1, together)]);
  expect(sum).toEqual([gauge(expected, together)]);
});

test("a family in another form is left out, and the others are not", () => {
  const other = { ...histogram([1, 1], 1, [5]) };
  const sum = sumFamilies([histogram([1, 0, 0], 1)], [other, counter(["x", 1])], [histogram([0, 1, 0], 2)]);
  expect(sum).toEqual([counter(["x", 1]), histogram([1, 1, 0], 3)]);
  expect(sumFamilies([gauge(1)], [gauge(5, "max")])).toEqual([gauge(1)]);
});

test("families go by name, and what was added stays as it was", () => {
  const first = Object.freeze([gauge(1), counter(["x", 1])]);
  const second = Object.freeze([counter(["x", 2]), histogram([1, 1, 1], 3)]);
  const before = JSON.stringify([first, second]);
  expect(sumFamilies(first, second).map(({ name }) => name)).toEqual(["c_total", "g", "h"]);
  expect(JSON.stringify([first, second])).toBe(before);
});

test("nothing is the sum of nothing, and a list alone is its own", () => {
  expect(sumFamilies()).toEqual([]);
  expect(sumFamilies([gauge(3)])).toEqual([gauge(3)]);
});
