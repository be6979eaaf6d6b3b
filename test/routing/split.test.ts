import { describe, expect, test } from "bun:test";
import { weightedChoice } from "../../src/routing/split.ts";

/** How often each index comes for points spread evenly over 0 to 1. */
function counts(weights: readonly number[], draws: number): number[] {
  let draw = 0;
  const choose = weightedChoice(weights, () => draw++ / draws);
  const found = weights.map(() => 0);
  for (let i = 0; i < draws; i++) {
    const index = choose();
    found[index] = (found[index] ?? Number.NaN) + 1;
  }
  return found;
}

describe("weightedChoice", () => {
  test.each([
    [
      [9, 1],
      [900, 100],
    ],
    [
      [1, 1, 2],
      [250, 250, 500],
    ],
    [
      [0, 1, 0, 3, 0],
      [0, 250, 0, 750, 0],
    ],
    [
      [0.5, 0.5],
      [500, 500],
    ],
    [[5], [1000]],
    [
      [0, 7],
      [0, 1000],
    ],
    [
      [7, 0],
      [1000, 0],
    ],
    [
      [1_000_000, 1],
      [1000, 0],
    ],
  ])("%j of 1,000 gives %j", (weights, expected) => {
    expect(counts(weights, 1000)).toEqual(expected);
  });

  test("follows the weights with a real source of chance", () => {
    const choose = weightedChoice([9, 1], Math.random);
    let second = 0;
    for (let i = 0; i < 20_000; i++) second += choose();
    // Six standard deviations of 42 around 2,000: once in 500 million runs.
    expect(Math.abs(second - 2000)).toBeLessThan(255);
  });

  test("a lone weight draws nothing", () => {
    const choose = weightedChoice([0, 3, 0], () => {
      throw new Error("drawn");
    });
    expect(choose()).toBe(1);
  });

  test("a weight of 0 is not chosen at either end", () => {
    expect(weightedChoice([0, 1, 1, 0], () => 0)()).toBe(1);
    expect(weightedChoice([0, 1, 1, 0], () => 1 - Number.EPSILON)()).toBe(2);
    expect(weightedChoice([0, 1, 1, 0], () => 1)()).toBe(2);
  });

  test.each([[[]], [[0, 0]], [[1, -1]], [[Number.NaN]], [[Number.POSITIVE_INFINITY]]])("%j is refused", (weights) => {
    expect(() => weightedChoice(weights, Math.random)).toThrow(RangeError);
  });
});
