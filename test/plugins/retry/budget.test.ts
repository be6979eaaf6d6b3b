import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Budget } from "../../../plugins/retry/budget.ts";

const LIMIT = { ratio: 0.2, minimum: 3 };

function create(at = 1_000_000) {
  const clock = { ms: at };
  const budget = new Budget(() => clock.ms);
  const take = (times: number, limit = LIMIT) =>
    Array.from({ length: times }, () => budget.take(limit)).filter(Boolean).length;
  const add = (requests: number) => {
    for (let i = 0; i < requests; i++) budget.addRequest();
  };
  return { clock, budget, take, add };
}

describe("a budget", () => {
  test("lets the minimum pass, however few requests there are", () => {
    const { take } = create();
    expect(take(10)).toBe(3);
  });

  test("lets a share of the requests pass", () => {
    const { take, add } = create();
    add(64);
    expect(take(64)).toBe(12);
    add(6);
    expect(take(64)).toBe(2);
  });

  test("of nothing lets nothing pass", () => {
    const { take, add } = create();
    add(100);
    expect(take(10, { ratio: 0, minimum: 0 })).toBe(0);
  });

  test("tells what it goes by", () => {
    const { clock, budget, take, add } = create();
    add(20);
    expect(take(10)).toBe(4);
    expect([budget.requests, budget.retries]).toEqual([20, 4]);
    clock.ms += 2_000;
    expect([budget.requests, budget.retries]).toEqual([0, 0]);
  });

  test("forgets what is older than a second, bit by bit", () => {
    const { clock, take, add } = create();
    add(50);
    clock.ms += 500;
    add(50);
    expect(take(100)).toBe(20);
    clock.ms += 499;
    expect(take(100)).toBe(0);
    clock.ms += 1;
    expect(take(100)).toBe(0);
    clock.ms += 500;
    expect(take(100)).toBe(3);
  });

  test("begins anew where the clock jumps", () => {
    for (const jump of [-10_000, 3_600_000]) {
      const { clock, take, add } = create();
      add(100);
      take(20);
      clock.ms += jump;
      expect(take(100)).toBe(3);
    }
  });

  test("is never exceeded in a second, in whatever order requests and retries come", () => {
    const step = fc.oneof(
      fc.constantFrom<["add" | "take", number]>(["add", 0], ["take", 0]),
      fc.tuple(fc.constant("wait" as const), fc.integer({ min: 1, max: 400 })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 0, max: 4 }), (steps, minimum) => {
        const { clock, budget } = create();
        const events: { readonly slot: number; readonly isRetry: boolean }[] = [];
        const count = (isRetry: boolean) => {
          const oldest = Math.floor(clock.ms / 100) - 9;
          return events.filter((event) => event.isRetry === isRetry && event.slot >= oldest).length;
        };
        for (const [what, ms] of steps) {
          clock.ms += ms;
          if (what === "wait") continue;
          if (what === "add") budget.addRequest();
          const mayRetry = what === "take" && count(true) < Math.max(minimum, Math.floor(count(false) / 4));
          if (what === "take") expect(budget.take({ ratio: 0.25, minimum })).toBe(mayRetry);
          if (what === "add" || mayRetry) events.push({ slot: Math.floor(clock.ms / 100), isRetry: what === "take" });
        }
      }),
    );
  });
});
