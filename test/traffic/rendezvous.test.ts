import { expect, test } from "bun:test";
import { rendezvous } from "../../src/traffic/rendezvous.ts";

const KEYS = Array.from({ length: 20_000 }, (_, i) => `client ${i}`);

test("keys are shared out by weight", () => {
  const pick = rendezvous(["a", "b", "c"]);
  const picks = KEYS.map((key) => pick(key, [6, 3, 1]));
  for (const [i, share] of [0.6, 0.3, 0.1].entries()) {
    expect(Math.abs(picks.filter((index) => index === i).length / KEYS.length - share)).toBeLessThan(0.02);
  }
});

test("a weight of 0 is never chosen, and the others share its keys", () => {
  const pick = rendezvous(["a", "b", "c"]);
  expect(KEYS.some((key) => pick(key, [1, 0, 1]) === 1)).toBe(false);
  expect(new Set(KEYS.map((key) => pick(key, [0, 0, 5])))).toEqual(new Set([2]));
});

test("a share that grows takes keys, and gives none back to another", () => {
  const pick = rendezvous(["old", "next"]);
  const at = (share: number) => KEYS.filter((key) => pick(key, [1 - share, share]) === 1);
  const few = at(0.05);
  const more = new Set(at(0.25));
  expect(few.every((key) => more.has(key))).toBe(true);
  expect(Math.abs(more.size / KEYS.length - 0.25)).toBeLessThan(0.02);
  expect(at(0)).toEqual([]);
  expect(at(1)).toHaveLength(KEYS.length);
});

test("a new name takes its share from all, and moves nobody else", () => {
  const before = rendezvous(["a", "b"]);
  const after = rendezvous(["a", "b", "c"]);
  for (const key of KEYS) {
    const next = after(key, [1, 1, 1]);
    if (next !== 2) expect(next).toBe(before(key, [1, 1]));
  }
});
