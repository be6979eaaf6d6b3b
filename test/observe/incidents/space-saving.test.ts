import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SpaceSaving } from "../../../src/observe/incidents/space-saving.ts";

function counted(capacity: number, keys: readonly string[]): Map<string, { count: number; error: number }> {
  const summary = new SpaceSaving<string>(capacity);
  for (const key of keys) summary.count(key, () => key);
  return new Map(summary.all().map(({ value, ...counts }) => [value, counts]));
}

describe("Space-Saving", () => {
  test("is exact while there is room", () => {
    const counts = counted(3, ["a", "b", "a", "c", "a", "b"]);
    expect(counts).toEqual(
      new Map([
        ["a", { count: 3, error: 0 }],
        ["b", { count: 2, error: 0 }],
        ["c", { count: 1, error: 0 }],
      ]),
    );
  });

  test("gives the place of the rarest to a new one, and says how far it may be off", () => {
    const counts = counted(2, ["a", "a", "a", "b", "b", "c"]);
    expect(counts.get("a")).toEqual({ count: 3, error: 0 });
    expect(counts.get("c")).toEqual({ count: 3, error: 2 });
    expect(counts.size).toBe(2);
  });

  test("never counts too little, never more than its error too much, and has everyone who is frequent", () => {
    const keys = fc.array(
      fc.integer({ min: 0, max: 40 }).map((n) => `${Math.floor(n * n * 0.02)}`),
      { maxLength: 400 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), keys, (capacity, sequence) => {
        const counts = counted(capacity, sequence);
        const truth = Map.groupBy(sequence, (key) => key);
        expect(counts.size).toBe(Math.min(capacity, truth.size));
        for (const [key, { count, error }] of counts) {
          const actual = truth.get(key)?.length ?? 0;
          expect(count).toBeGreaterThanOrEqual(actual);
          expect(count - error).toBeLessThanOrEqual(actual);
        }
        for (const [key, { length }] of truth) {
          if (length > sequence.length / capacity) expect(counts.has(key)).toBeTrue();
        }
      }),
    );
  });
});
