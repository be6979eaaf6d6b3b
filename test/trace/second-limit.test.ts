import { expect, test } from "bun:test";
import { SecondLimit } from "../../src/trace/second-limit.ts";

test("so many pass in a second, and as many in the next", () => {
  const limit = new SecondLimit(2);
  const passed = [0, 10, 999, 1_000, 1_001, 1_002, 5_000].map((ms) => limit.take(ms));
  expect(passed).toEqual([true, true, false, true, true, false, true]);
});
