import { expect, test } from "bun:test";
import { BodyPace } from "../../src/edge/body-pace.ts";

test("enough bytes of one wait begin the next, which needs as many again", () => {
  const pace = new BodyPace(10);
  expect([4, 5, 1, 9, 1, 20, 1].map((bytes) => pace.take(bytes))).toEqual([
    false,
    false,
    true,
    false,
    true,
    true,
    false,
  ]);
});

test("what has come before a wait does not count for it", () => {
  const pace = new BodyPace(10);
  pace.take(9);
  pace.restart();
  expect([pace.take(9), pace.take(1)]).toEqual([false, true]);
});

test("without a rate any byte is enough", () => {
  expect(new BodyPace(0).take(1)).toBe(true);
});
