import { expect, test } from "bun:test";
import { quantileOf } from "../../src/history/quantile.ts";

const BOUNDS = [1, 2, 4];

test("a quantile lies in the bucket that holds its rank, as far as the rank does", () => {
  expect(quantileOf([10, 0, 0, 0], BOUNDS, 0.5)).toBe(0.5);
  expect(quantileOf([5, 5, 0, 0], BOUNDS, 0.5)).toBe(1);
  expect(quantileOf([0, 0, 10, 0], BOUNDS, 0.5)).toBe(3);
  expect(quantileOf([5, 0, 5, 0], BOUNDS, 0.75)).toBe(3);
  expect(quantileOf([5, 0, 5, 0], BOUNDS, 1)).toBe(4);
});

test("the last bound stands for what is beyond all", () => {
  expect(quantileOf([0, 0, 0, 3], BOUNDS, 0.99)).toBe(4);
});

test("there is none of nothing", () => {
  expect(quantileOf([0, 0, 0, 0], BOUNDS, 0.5)).toBeNaN();
});
