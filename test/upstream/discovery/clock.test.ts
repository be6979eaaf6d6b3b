import { expect, test } from "bun:test";
import { backOffMs, systemClock } from "../../../src/upstream/discovery/clock.ts";

const DAY_MS = 86_400_000;

test("a sleep longer than a timer can wait lasts, and ends with its signal", async () => {
  const abort = new AbortController();
  let isOver = false;
  const sleep = systemClock.sleep(30 * DAY_MS, abort.signal).then(() => {
    isOver = true;
  });
  await Bun.sleep(50);
  expect(isOver).toBe(false);
  abort.abort();
  await sleep;
});

test("a sleep of no time, or after the end, is none", async () => {
  await systemClock.sleep(0, new AbortController().signal);
  await systemClock.sleep(-5, new AbortController().signal);
  await systemClock.sleep(DAY_MS, AbortSignal.abort());
});

test("pauses double up to 30 s, a random half of each off", () => {
  expect([1, 2, 3, 7, 50].map((failures) => backOffMs(failures, () => 1))).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
  expect(backOffMs(1, () => 0)).toBe(250);
});
