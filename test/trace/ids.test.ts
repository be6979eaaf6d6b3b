import { expect, test } from "bun:test";
import { Ids, shareOf } from "../../src/trace/ids.ts";

test("ids are digits of their length, each time others", () => {
  const ids = new Ids();
  const traces = new Set<string>();
  const spans = new Set<string>();
  for (let i = 0; i < 2_000; i++) {
    ids.next();
    expect(ids.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(ids.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(ids.text.slice(ids.at, ids.at + 48)).toBe(ids.traceId + ids.spanId);
    traces.add(ids.traceId);
    spans.add(ids.spanId);
  }
  expect([traces.size, spans.size]).toEqual([2_000, 2_000]);
});

test("what is handed out stays as it is when others are made", () => {
  const ids = new Ids();
  ids.next();
  const { text, at, traceId } = ids;
  for (let i = 0; i < 1_000; i++) ids.next();
  expect(text.slice(at, at + 32)).toBe(traceId);
});

test("the share is that of the end of the id, even, and less than 1", () => {
  const ids = new Ids();
  let below = 0;
  for (let i = 0; i < 10_000; i++) {
    const share = ids.next();
    expect(share).toBe(shareOf(ids.traceId));
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThan(1);
    if (share < 0.5) below++;
  }
  // Half of 10,000, and six standard deviations to either side.
  expect(Math.abs(below - 5_000)).toBeLessThan(300);
  expect(shareOf("f".repeat(32))).toBeLessThan(1);
  expect(shareOf(`${"f".repeat(20)}${"0".repeat(12)}`)).toBe(0);
});
