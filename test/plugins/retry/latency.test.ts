import { expect, test } from "bun:test";
import { LatencyWindow } from "../../../plugins/retry/latency.ts";

function windowOf(...samples: number[]): LatencyWindow {
  const window = new LatencyWindow();
  for (const ms of samples) window.add(ms);
  return window;
}

test("the 95th percentile is that of what is known, once that is enough", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect(windowOf(...hundred).p95()).toBe(95);
  expect(windowOf(...hundred.slice(0, 19)).p95()).toBeUndefined();
  expect(windowOf(...hundred.slice(0, 20)).p95()).toBe(19);
});

test("it follows the latest, and forgets what is long ago", () => {
  const window = windowOf(...Array.from({ length: 256 }, () => 1_000));
  expect(window.p95()).toBe(1_000);
  for (let i = 0; i < 256; i++) window.add(5);
  expect(window.p95()).toBe(5);
});

test("it is 1 ms at least: a service that answers at once is not asked twice at once", () => {
  expect(windowOf(...Array.from({ length: 20 }, () => 0.01)).p95()).toBe(1);
});

test("it has two digits: there are only so many of them", () => {
  const p95Of = (ms: number) => windowOf(...Array.from({ length: 20 }, () => ms)).p95();
  expect([3.2, 99.5, 1_234, 45_678].map(p95Of)).toEqual([4, 100, 1_300, 46_000]);
});
