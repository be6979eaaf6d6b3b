import { expect, test } from "bun:test";
import { sumStores } from "../../src/admin/sum-store.ts";
import type { StoreReport } from "../../src/store/report.ts";

const up: StoreReport = {
  kind: "redis",
  mode: "single",
  state: "up",
  since: 100,
  calls: 3,
  failures: { timeout: 1 },
  inFlight: 1,
  latency: { count: 2, sumMs: 10, maxMs: 7, counts: [0, 2] },
};
const down: StoreReport = {
  ...up,
  state: "down",
  since: 50,
  lastError: { reason: "timeout", message: "late", at: 60 },
  failures: { timeout: 2, full: 1 },
  latency: { count: 1, sumMs: 9, maxMs: 9, counts: [1, 0] },
};

test("stores of workers are added, and one that is down is seen", () => {
  const sum: StoreReport = {
    kind: "redis",
    mode: "single",
    state: "down",
    since: 50,
    lastError: { reason: "timeout", message: "late", at: 60 },
    calls: 6,
    failures: { timeout: 3, full: 1 },
    inFlight: 2,
    latency: { count: 3, sumMs: 19, maxMs: 9, counts: [1, 2] },
  };
  expect(sumStores([up, down])).toEqual(sum);
  expect(sumStores([down, up])).toEqual(sum);
  expect(sumStores([up])).toEqual(up);
  expect(sumStores([]).state).toBe("down");
});
