import { describe, expect, test } from "bun:test";
import { Backoff } from "../../src/workers/backoff.ts";

describe("the wait for the next start", () => {
  test("doubles from 100 ms to 10 s", () => {
    const backoff = new Backoff();
    const waits = Array.from({ length: 9 }, () => backoff.next(0));
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });

  test("begins anew once a worker has served for half a minute", () => {
    const backoff = new Backoff();
    for (let i = 0; i < 5; i++) backoff.next(29_999);
    expect(backoff.next(29_999)).toBe(3_200);
    expect(backoff.next(30_000)).toBe(100);
    expect(backoff.next(0)).toBe(200);
  });
});
