import { expect, test } from "bun:test";
import { sumLimiters } from "../../src/observe/limiter-report.ts";

const of = (site: string, limit: number, inFlight: number, refused: number) => ({
  plugin: "p",
  site,
  limit,
  inFlight,
  refused,
});

test("limiters of several workers are added, each to its like", () => {
  expect(sumLimiters([of("a", 1, 2, 3), of("b", 4, 5, 6)], [of("b", 10, 20, 30), of("a", 100, 200, 300)])).toEqual([
    of("a", 101, 202, 303),
    of("b", 14, 25, 36),
  ]);
});

test("one that a worker does not have is told as the other tells it", () => {
  expect(sumLimiters([of("a", 1, 2, 3)], [])).toEqual([of("a", 1, 2, 3)]);
});
