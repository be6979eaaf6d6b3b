import { expect, test } from "bun:test";
import { Ring } from "../../../src/observe/incidents/ring.ts";

test("keeps the latest, in their order", () => {
  const ring = new Ring<number>(3);
  expect(ring.all()).toEqual([]);
  const seen = [1, 2, 3, 4, 5, 6, 7].map((item) => {
    ring.push(item);
    return [...ring.all()];
  });
  expect(seen).toEqual([[1], [1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 7]]);
});
