import { expect, test } from "bun:test";
import { Garbage } from "../../../plugins/cache/garbage.ts";

const MIB = 1_048_576;

/** A turn of the event loop, in which what is due is collected. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Counts collections that take so many ms on its clock. */
function world(inUse: number, tookMs: number) {
  const seen = { collections: 0, young: 0, nowMs: 0 };
  const collector = {
    full: () => {
      seen.collections++;
      seen.nowMs += tookMs;
    },
    young: () => {
      seen.young++;
      seen.nowMs += tookMs;
    },
  };
  return { seen, garbage: new Garbage(inUse, collector, () => seen.nowMs) };
}

test("garbage is collected when it is a quarter of what may be in use, not in the middle of a request, and once", async () => {
  const { seen, garbage } = world(200 * MIB, 0);
  garbage.add(49 * MIB);
  await turn();
  expect(seen.collections).toBe(0);
  garbage.add(1 * MIB);
  garbage.add(100 * MIB);
  expect(seen.collections).toBe(0);
  await turn();
  await turn();
  expect(seen.collections).toBe(1);
  garbage.add(50 * MIB);
  await turn();
  expect(seen.collections).toBe(2);
});

test("less than 8 MiB is left to the engine, however small the cache", async () => {
  const { seen, garbage } = world(1 * MIB, 0);
  garbage.add(7 * MIB);
  await turn();
  expect(seen.collections).toBe(0);
  garbage.add(1 * MIB);
  await turn();
  expect(seen.collections).toBe(1);
});

test.each([
  [20, 100],
  [400, 2_000],
])("after one that has taken %d ms there is none for %d ms, and then it is made up for", async (tookMs, restMs) => {
  const { seen, garbage } = world(16 * MIB, tookMs);
  garbage.add(8 * MIB);
  await turn();
  expect(seen.collections).toBe(1);
  seen.nowMs += restMs - 1;
  garbage.add(8 * MIB);
  await turn();
  expect(seen.collections).toBe(1);
  seen.nowMs += 1;
  garbage.add(1);
  await turn();
  expect(seen.collections).toBe(2);
});

test("what has just come is collected by itself when it is an eighth of what may be in use, or with all the rest", async () => {
  const { seen, garbage } = world(80 * MIB, 0);
  garbage.came(9 * MIB);
  await turn();
  expect([seen.young, seen.collections]).toEqual([0, 0]);
  garbage.came(1 * MIB);
  garbage.came(1 * MIB);
  await turn();
  expect([seen.young, seen.collections]).toEqual([1, 0]);
  garbage.came(5 * MIB);
  garbage.add(20 * MIB);
  await turn();
  expect([seen.young, seen.collections]).toEqual([1, 1]);
  garbage.came(9 * MIB);
  await turn();
  expect([seen.young, seen.collections]).toEqual([1, 1]);
});

test("less than 4 MiB of what has just come is left to the engine", async () => {
  const { seen, garbage } = world(1 * MIB, 0);
  garbage.came(3 * MIB);
  await turn();
  expect(seen.young).toBe(0);
  garbage.came(1 * MIB);
  await turn();
  expect(seen.young).toBe(1);
});
