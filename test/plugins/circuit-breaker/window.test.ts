import { expect, test } from "bun:test";
import fc from "fast-check";
import { CallWindow } from "../../../plugins/circuit-breaker/window.ts";

test("counts calls, failures and slow calls; a call may be both", () => {
  const window = new CallWindow(10_000);
  window.add(5_000, false, false);
  window.add(5_000, true, false);
  window.add(5_000, true, true);
  window.add(5_000, false, true);
  expect([window.calls, window.failures, window.slow]).toEqual([4, 2, 2]);
});

test("forgets by tenths of the window", () => {
  const window = new CallWindow(10_000);
  window.add(20_000, true, true);
  window.add(21_000, true, false);
  window.add(29_999, false, false);
  expect([window.calls, window.failures, window.slow]).toEqual([3, 2, 1]);
  window.add(30_000, false, false);
  expect([window.calls, window.failures, window.slow]).toEqual([3, 1, 0]);
  window.add(31_000, false, false);
  expect([window.calls, window.failures, window.slow]).toEqual([3, 0, 0]);
});

test("forgets everything after a pause, and where the clock goes back", () => {
  const window = new CallWindow(10_000);
  window.add(20_000, true, true);
  window.add(1_000_000, false, false);
  expect([window.calls, window.failures, window.slow]).toEqual([1, 0, 0]);
  window.add(5_000, true, false);
  expect([window.calls, window.failures, window.slow]).toEqual([1, 1, 0]);
});

test("has the calls of the latest ten tenths, whatever comes when", () => {
  const call = fc.record({ after: fc.nat({ max: 400 }), isFailure: fc.boolean(), isSlow: fc.boolean() });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 200 }), (calls) => {
      const window = new CallWindow(1_000);
      const all: { readonly slot: number; readonly isFailure: boolean; readonly isSlow: boolean }[] = [];
      let now = 7_777;
      for (const { after, isFailure, isSlow } of calls) {
        now += after;
        window.add(now, isFailure, isSlow);
        const slot = Math.floor(now / 100);
        all.push({ slot, isFailure, isSlow });
        const recent = all.filter((one) => one.slot > slot - 10);
        expect([window.calls, window.failures, window.slow]).toEqual([
          recent.length,
          recent.filter((one) => one.isFailure).length,
          recent.filter((one) => one.isSlow).length,
        ]);
      }
    }),
  );
});
