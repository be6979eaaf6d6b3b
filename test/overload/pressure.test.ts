import { expect, test } from "bun:test";
import fc from "fast-check";
import { Pressure } from "../../src/overload/pressure.ts";

const STEPS = [1, 2, 4].map((rise) => ({ rise, fall: rise * 0.7 }));
const HOLD_MS = 1_000;

/** The level after each value, one every 500 ms. */
function levels(values: readonly number[]): readonly number[] {
  const pressure = new Pressure(STEPS, HOLD_MS);
  return values.map((value, i) => {
    pressure.sample(value, i * 500);
    return pressure.level;
  });
}

test("rises at once, by as many steps as it takes", () => {
  expect(levels([0, 0.99, 1, 4, 9])).toEqual([0, 0, 1, 3, 3]);
});

test("falls one step at a time, each after the hold", () => {
  expect(levels([4, 0, 0, 0, 0, 0, 0, 0, 0])).toEqual([3, 3, 3, 2, 2, 1, 1, 0, 0]);
});

test("a value that swings about a bound makes no flapping", () => {
  expect(levels([1, 0.8, 1, 0.8, 0.71, 1, 0.9])).toEqual([1, 1, 1, 1, 1, 1, 1]);
});

test("the hold begins anew whenever it gets worse", () => {
  expect(levels([1, 0, 0, 0.7, 0, 0, 0])).toEqual([1, 1, 1, 1, 1, 1, 0]);
});

test("says when the level has changed", () => {
  const pressure = new Pressure(STEPS, HOLD_MS);
  expect([pressure.sample(0, 0), pressure.sample(1, 1), pressure.sample(1, 2)]).toEqual([false, true, false]);
  expect([pressure.sample(0, 3), pressure.sample(0, 1_003)]).toEqual([false, true]);
});

test("whatever the values, it leaves a step only a hold after it was reached, and never one that is needed", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 6, noNaN: true }), { maxLength: 60 }), (values) => {
      const all = levels(values);
      let raisedAt = 0;
      for (const [i, level] of all.entries()) {
        const before = all[i - 1] ?? 0;
        const needed = STEPS.filter(({ rise }) => (values[i] ?? 0) >= rise).length;
        expect(level).toBeGreaterThanOrEqual(needed);
        if (level < before) {
          expect(level).toBe(before - 1);
          expect((i - raisedAt) * 500).toBeGreaterThanOrEqual(HOLD_MS);
        }
        if (level !== before) raisedAt = i;
      }
    }),
  );
});
