import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Budget } from "../../../plugins/retry/budget.ts";

/** The budget, and what its gauge shows. */
function create() {
  let shown = 0;
  const budget = new Budget({ inc: () => void shown++, dec: () => void shown-- });
  return { budget, shown: () => shown };
}

describe("a budget", () => {
  test("lets the minimum pass, whatever is in flight", () => {
    const { budget } = create();
    budget.enter();
    const limit = { ratio: 0.2, minimum: 3 };
    expect([1, 2, 3, 4].map(() => budget.take(limit))).toEqual([true, true, true, false]);
    budget.release();
    expect(budget.take(limit)).toBe(true);
  });

  test("lets a share of what is in flight pass", () => {
    const { budget } = create();
    for (let i = 0; i < 64; i++) budget.enter();
    const limit = { ratio: 0.2, minimum: 3 };
    expect(Array.from({ length: 20 }, () => budget.take(limit)).filter(Boolean)).toHaveLength(12);
    for (let i = 0; i < 32; i++) budget.leave();
    for (let i = 0; i < 6; i++) budget.release();
    expect(budget.take(limit)).toBe(false);
    budget.release();
    expect(budget.take(limit)).toBe(true);
  });

  test("of nothing lets nothing pass", () => {
    const { budget } = create();
    budget.enter();
    expect(budget.take({ ratio: 0, minimum: 0 })).toBe(false);
  });

  test("is exact in whatever order requests and retries come and go", () => {
    const step = fc.constantFrom("enter", "leave", "take", "release");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 0, max: 4 }), (steps, minimum) => {
        const { budget, shown } = create();
        let requests = 0;
        let retries = 0;
        for (const one of steps) {
          if (one === "enter") requests++;
          if (one === "leave" && requests === 0) continue;
          if (one === "leave") requests--;
          if (one === "release" && retries === 0) continue;
          if (one === "release") retries--;
          if (one !== "take") {
            budget[one]();
            continue;
          }
          const mayRetry = retries < Math.max(minimum, Math.floor(requests / 4));
          expect(budget.take({ ratio: 0.25, minimum })).toBe(mayRetry);
          if (mayRetry) retries++;
        }
        expect(shown()).toBe(retries);
      }),
    );
  });
});
