import { expect, test } from "bun:test";
import { retryAfterMs } from "../../../plugins/retry/retry-after.ts";

const NOW = Date.UTC(2030, 0, 1);

test.each([
  [undefined, 0],
  ["0", 0],
  ["2", 2_000],
  ["120", 120_000],
  ["0000000002", 2_000],
  ["9999999999", 9_999_999_999_000],
  ["9".repeat(400), Number.POSITIVE_INFINITY],
  ["Tue, 01 Jan 2030 00:00:05 GMT", 5_000],
  ["Mon, 31 Dec 2029 23:59:59 GMT", 0],
  ["", 0],
  ["-1", 0],
  ["1.5", 0],
  ["soon", 0],
  ["2030-01-02", 0],
  ["Tue, 99 Foo 2030 00:00:05 GMT", 0],
])("Retry-After %p is %p ms", (value, ms) => {
  expect(retryAfterMs(value, NOW)).toBe(ms);
});
