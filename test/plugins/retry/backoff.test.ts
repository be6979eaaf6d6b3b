import { describe, expect, test } from "bun:test";
import { fullJitter, pause } from "../../../plugins/retry/backoff.ts";

describe("full jitter", () => {
  const backoff = { base: 25, max: 250 };

  test("is a part of what doubles with each retry, up to the longest", () => {
    const longest = [1, 2, 3, 4, 5, 9].map((retry) => fullJitter(backoff, retry, 1));
    expect(longest).toEqual([25, 50, 100, 200, 250, 250]);
    expect(fullJitter(backoff, 3, 0.5)).toBe(50);
    expect(fullJitter(backoff, 3, 0)).toBe(0);
  });
});

describe("a pause", () => {
  test("ends after its time", async () => {
    const startedAt = performance.now();
    await pause(20, new AbortController().signal);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19);
  });

  test("ends at once when it is aborted, with the reason", async () => {
    const abort = new AbortController();
    const pausing = pause(60_000, abort.signal);
    const reason = new Error("gone");
    abort.abort(reason);
    await expect(pausing).rejects.toBe(reason);
    await expect(pause(60_000, abort.signal)).rejects.toBe(reason);
  });
});
