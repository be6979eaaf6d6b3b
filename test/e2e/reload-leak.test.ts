import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { startInProcess } from "../support/in-process.ts";

/** Each time the same number of parts, with other options, other settings of a target, and another name of a route. */
function yaml(n: number): string {
  return `plugins: { request-id: {}, access-log: {}, rate-limit: { limit: ${10 + n}, window: 1m } }
services:
  s: { targets: ["http://127.0.0.1:9"], plugins: { circuit-breaker: { consecutive-failures: ${5 + (n % 3)} }, retry: {} } }
  w: { targets: ["http://127.0.0.1:9"], health: { type: tcp, interval: 1h }, outlier-detection: {}, timeouts: { idle: ${1 + (n % 3)}m } }
  x: { targets: [{ url: "http://127.0.0.1:9", weight: ${1 + (n % 5)} }], pool: { max-idle: ${1 + (n % 3)} }, slow-start: 1s }
routes:
  - { path: /*, service: s, canary: { service: w, steps: [1%, 50%], every: 1h } }
  - { path: /new-${n % 3}, service: x, plugins: { adaptive-concurrency: {}, quota: { day: 5 } } }
`;
}

function objects(): { readonly all: number; readonly timers: number } {
  Bun.gc(true);
  const { objectCount, objectTypeCounts } = heapStats();
  return { all: objectCount, timers: (objectTypeCounts as Record<string, number>).Timeout ?? 0 };
}

test("reloads leave no object and no timer behind", async () => {
  await using gateway = await startInProcess(yaml(0));
  for (let n = 1; n <= 60; n++) await gateway.reload(yaml(n));
  const before = objects();
  for (let n = 1; n <= 300; n++) await gateway.reload(yaml(n));
  const after = objects();
  // A snapshot is hundreds of objects.
  expect(after.all - before.all).toBeLessThan(3_000);
  expect(after.timers - before.timers).toBeLessThan(20);
}, 60_000);
